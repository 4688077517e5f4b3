/* SPDX-License-Identifier: MIT */
/* The last boot instructions a core runs. Alone on a page: the monitor's tables map this page and no other of boot. */
	.section .text.handoff, "ax"
	.balign 4096
	.globl boot_handoff
boot_handoff:			/* rdi handover, rsi cr3, rdx stack, rcx entry */
	mov	%rsi, %cr3
	mov	%rdx, %rsp
	xor	%ebp, %ebp
	jmp	*%rcx
	.balign 4096

	.section .text.enter_bare, "ax"
	.globl boot_enter_bare
boot_enter_bare:		/* rdi struct qv_start_state, rsi descriptor pointer */
	lgdt	(%rsi)
	mov	24(%rdi), %rax		/* cr3: identity tables, so execution goes on here */
	mov	%rax, %cr3
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	pushq	$0x10
	pushq	0(%rdi)			/* rip */
	mov	8(%rdi), %rsi
	mov	16(%rdi), %rdi
	lretq
	.section .note.GNU-stack, "", @progbits
