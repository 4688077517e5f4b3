/* SPDX-License-Identifier: MIT */
/* The switch between two kernel stacks. */
#include <base/entry.h>

	.text
/* void switch_stacks(struct thread *from, struct thread *to) */
	.balign	16
	.globl	switch_stacks
switch_stacks:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, THREAD_SP(%rdi)
	mov	THREAD_SP(%rsi), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

/* Where a new thread comes from switch_stacks: RBX = entry, R12 = argument. */
	.globl	switch_first
switch_first:
	xor	%ebp, %ebp
	call	switch_finish
	mov	%r12, %rdi
	call	*%rbx
	ud2

	.section .note.GNU-stack, "", @progbits
