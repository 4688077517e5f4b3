/* SPDX-License-Identifier: MIT */
/* The way in by SYSCALL and the short way out by SYSRET. */
#include <base/entry.h>

	.text
	.balign	64
	.globl	syscall_entry
syscall_entry:
	swapgs
	mov	%rsp, %gs:CPU_USER_SP
	mov	%gs:CPU_KERNEL_STACK, %rsp
	pushq	$CPU_USER_DATA_SELECTOR
	pushq	%gs:CPU_USER_SP
	push	%r11
	pushq	$CPU_USER_CODE_SELECTOR
	push	%rcx
	push	%rax
	pushq	$TRAP_SYSCALL
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
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
	jmp	trap_return_user

/* SYSCALL from 32-bit code, which does not exist here: back with an error. RCX is below 4 GiB. */
	.globl	syscall_entry_32
syscall_entry_32:
	mov	$-38, %rax
	sysretl

	.section .note.GNU-stack, "", @progbits
