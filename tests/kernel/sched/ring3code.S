/* SPDX-License-Identifier: MIT */
/* What ring3.c runs in ring 3: position-independent, copied to a page of its own. */
	.section .rodata
	.globl	ring3_start, ring3_end
ring3_start:

/* RDI = number of this thread. Calls: 0 nothing, 1 RDI = cycles of 1,000 calls, 2 yield, 3 RDI = 0 if all held. */
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %r12
	mov	$1000, %ebx
1:	xor	%eax, %eax
	syscall
	dec	%ebx
	jnz	1b
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	sub	%r12, %rax
	mov	%rdi, %r13
	mov	%rax, %rdi
	mov	$1, %eax
	syscall
	mov	%r13, %rdi
	movq	%rdi, %xmm5
	lea	77(%rdi), %r14
	lea	78(%rdi), %r8
	lea	79(%rdi), %rbp
	mov	$100, %ebx
2:	mov	$2, %eax
	syscall
	movq	%xmm5, %rax
	cmp	%rdi, %rax
	jne	3f
	cmp	%r13, %rdi
	jne	3f
	lea	77(%rdi), %rax
	cmp	%r14, %rax
	jne	3f
	inc	%rax
	cmp	%r8, %rax
	jne	3f
	inc	%rax
	cmp	%rbp, %rax
	jne	3f
	dec	%ebx
	jnz	2b
3:	mov	%rbx, %rdi		/* 0 if it came to the end */
	mov	$3, %eax
	syscall
	pushfq				/* an interrupt flag that is off would end the machine here, not the test */
	movb	$1, 0x10		/* a fault ends it */
	ud2
ring3_end:

	.section .note.GNU-stack, "", @progbits
