/* SPDX-License-Identifier: MIT */
/* The way in by SYSCALL and the short way out by SYSRET. */
#include <base/entry.h>

/* What handlers keep for ring 3 anyway, into the frame: only those that look at all of it need it there. */
.macro save_kept
	movq	$TRAP_SYSCALL, FRAME_VECTOR(%rdi)
	mov	%rbx, FRAME_RBX(%rdi)
	mov	%rbp, FRAME_RBP(%rdi)
	mov	%r12, FRAME_R12(%rdi)
	mov	%r13, FRAME_R13(%rdi)
	mov	%r14, FRAME_R14(%rdi)
	mov	%r15, FRAME_R15(%rdi)
.endm

	.text
	.balign	64
	.globl	syscall_entry
syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_USER_SP
	mov	%gs:CPU_KERNEL_STACK, %rsp	/* where the frame begins */
	mov	%rcx, FRAME_RIP(%rsp)
	mov	%r11, FRAME_RFLAGS(%rsp)
	mov	%gs:CPU_USER_SP, %rcx
	mov	%rcx, FRAME_RSP(%rsp)
	mov	%rax, FRAME_ERROR(%rsp)
	mov	%rdx, FRAME_RDX(%rsp)
	mov	%rsi, FRAME_RSI(%rsp)
	mov	%rdi, FRAME_RDI(%rsp)
	mov	%r8, FRAME_R8(%rsp)
	mov	%r9, FRAME_R9(%rsp)
	mov	%r10, FRAME_R10(%rsp)
	mov	%rsp, %rdi
	cmp	syscall_count(%rip), %rax
	jae	2f
	call	*syscall_table(,%rax,8)
1:	mov	%gs:CPU_THREAD, %rdx
	cmpl	$0, THREAD_WORK(%rdx)
	jne	3f
	mov	FRAME_RIP(%rsp), %rcx	/* as SYSCALL left it: canonical, see USER_END */
	mov	FRAME_R10(%rsp), %r10
	mov	FRAME_R9(%rsp), %r9
	mov	FRAME_R8(%rsp), %r8
	mov	FRAME_RDI(%rsp), %rdi
	mov	FRAME_RSI(%rsp), %rsi
	mov	FRAME_RDX(%rsp), %rdx
	mov	FRAME_RFLAGS(%rsp), %r11
	mov	FRAME_RSP(%rsp), %rsp
	swapgs
	sysretq
2:	save_kept
	call	*syscall_unknown(%rip)
	jmp	1b
3:	mov	%rax, FRAME_RAX(%rsp)
	cmpl	$THREAD_WORK_RESCHED_BIT, THREAD_WORK(%rdx)
	jne	4f
	call	*syscall_decide(%rip)	/* nothing but that: the short way stays open */
	mov	FRAME_RAX(%rsp), %rax
	jmp	1b
4:	testl	$THREAD_WORK_FRAME_BIT, THREAD_WORK(%rdx)
	jnz	trap_return_user
	mov	%rsp, %rdi
	save_kept
	mov	FRAME_RIP(%rsp), %rax		/* what SYSCALL itself leaves in RCX and R11, and what the short way implies */
	mov	%rax, FRAME_RCX(%rsp)
	mov	FRAME_RFLAGS(%rsp), %rax
	mov	%rax, FRAME_R11(%rsp)
	movq	$CPU_USER_CODE_SELECTOR, FRAME_CS(%rsp)
	movq	$CPU_USER_DATA_SELECTOR, FRAME_SS(%rsp)
	jmp	trap_return_user

/* Handler of the calls that copy the frame. By the time it runs from `unknown`, that has changed what is saved here. */
	.globl	syscall_whole
syscall_whole:
	cmpq	$1b, (%rsp)
	jne	5f
	save_kept
5:	mov	FRAME_ERROR(%rdi), %rax
	jmp	*syscall_whole_table(,%rax,8)

/* SYSCALL from 32-bit code, which does not exist here: back with an error. RCX is below 4 GiB. */
	.globl	syscall_entry_32
syscall_entry_32:
	mov	$-38, %rax
	sysretl

	.section .note.GNU-stack, "", @progbits
