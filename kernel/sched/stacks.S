/* SPDX-License-Identifier: MIT */
/* Where a switch between two kernel stacks (hot.h) ends that does not end where one began. */
#include <base/entry.h>

	.text
/* Where a new thread comes from switch_stacks, its entry and argument on the stack. */
	.balign	16
	.globl	switch_first
switch_first:
	xor	%ebp, %ebp
	pop	%rax
	pop	%rdi
	call	*%rax
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

/* The same before a thread goes on whose switch is measured. */
	.globl	switch_measured
switch_measured:
	rdtsc
	shl	$32, %rdx
	or	%rdx, %rax
	mov	%rax, %rdi
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	switch_watched
	leave
	ret

	.section .note.GNU-stack, "", @progbits
