/* SPDX-License-Identifier: MIT */
/* The way in by SYSCALL and the short way out by SYSRET. */
#include <base/entry.h>

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
	movq	$TRAP_SYSCALL, FRAME_VECTOR(%rsp)
	mov	%rbx, FRAME_RBX(%rsp)
	mov	%rdx, FRAME_RDX(%rsp)
	mov	%rsi, FRAME_RSI(%rsp)
	mov	%rdi, FRAME_RDI(%rsp)
	mov	%rbp, FRAME_RBP(%rsp)
	mov	%r8, FRAME_R8(%rsp)
	mov	%r9, FRAME_R9(%rsp)
	mov	%r10, FRAME_R10(%rsp)
	mov	%r12, FRAME_R12(%rsp)
	mov	%r13, FRAME_R13(%rsp)
	mov	%r14, FRAME_R14(%rsp)
	mov	%r15, FRAME_R15(%rsp)
	mov	%rsp, %rdi
	cmp	syscall_count(%rip), %rax
	jae	2f
	mov	syscall_table(%rip), %rcx
	call	*(%rcx,%rax,8)
1:	mov	%gs:CPU_THREAD, %rdx
	cmpl	$0, THREAD_WORK(%rdx)
	jne	3f
	mov	FRAME_RIP(%rsp), %rcx
	bt	$47, %rcx
	jc	3f			/* SYSRET to an address that is not canonical faults in ring 0 on some processors */
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
2:	call	*syscall_unknown(%rip)
	jmp	1b
3:	mov	%rax, FRAME_RAX(%rsp)
	cmpl	$THREAD_WORK_RESCHED_BIT, THREAD_WORK(%rdx)
	jne	4f
	call	*syscall_decide(%rip)	/* nothing but that: the short way stays open */
	mov	FRAME_RAX(%rsp), %rax
	jmp	1b
4:	testl	$THREAD_WORK_FRAME_BIT, THREAD_WORK(%rdx)
	jnz	trap_return_user
	mov	FRAME_RIP(%rsp), %rax		/* what SYSCALL itself leaves in RCX and R11, and what the short way implies */
	mov	%rax, FRAME_RCX(%rsp)
	mov	FRAME_RFLAGS(%rsp), %rax
	mov	%rax, FRAME_R11(%rsp)
	movq	$CPU_USER_CODE_SELECTOR, FRAME_CS(%rsp)
	movq	$CPU_USER_DATA_SELECTOR, FRAME_SS(%rsp)
	jmp	trap_return_user

/* SYSCALL from 32-bit code, which does not exist here: back with an error. RCX is below 4 GiB. */
	.globl	syscall_entry_32
syscall_entry_32:
	mov	$-38, %rax
	sysretl

	.section .note.GNU-stack, "", @progbits
