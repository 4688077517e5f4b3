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
	mov	%r12, %rdi
	call	*%rbx
	ud2

/* Between switch_stacks and where it would have returned to: the thread before this one has ended. */
	.globl	switch_after_death
switch_after_death:
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	switch_reap
	leave
	ret

	.section .note.GNU-stack, "", @progbits
