/* SPDX-License-Identifier: MIT */
/* Exception and interrupt entry, guarded attempts, and the way to ring 3. */
	.text
	.altmacro

.macro stub vector
	.balign 16
stub_\vector:
	.if (\vector != 8) && (\vector != 10) && (\vector != 11) && (\vector != 12) && (\vector != 13) && \
		(\vector != 14) && (\vector != 17) && (\vector != 21) && (\vector != 29) && (\vector != 30)
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
.endm

	.globl	guest_stubs
	.balign	16
guest_stubs:	/* 16 bytes each */
	.set	i, 0
	.rept	256
	stub	%i
	.set	i, i + 1
	.endr

trap_common:
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
	cld
	mov	%rsp, %rdi
	call	guest_trap
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

/* unsigned guest_try(uint64_t (*attempt)(uint64_t), uint64_t argument, uint64_t *result) */
	.globl	guest_try, guest_try_failed
guest_try:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	pushfq
	pushq	guest_try_stack		/* of the attempt around this one */
	push	%rdx
	mov	%rsp, guest_try_stack
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
	pop	%rdx
	mov	%rax, (%rdx)
	mov	$256, %eax
	jmp	1f
guest_try_failed:			/* stack pointer is guest_try_stack again; EAX = vector */
	add	$8, %rsp
1:	popq	guest_try_stack
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

/* guest_user(code): ring 3 with the same stack, below this frame. RSP0 of the TSS is another stack. */
	.globl	guest_user
guest_user:
	lea	-256(%rsp), %rax
	pushq	$0x23
	push	%rax
	pushq	$0x2
	pushq	$0x2b
	push	%rdi
	iretq

	.bss
	.globl	guest_try_stack
	.balign	8
guest_try_stack: .skip 8

	.section .note.GNU-stack, "", @progbits
