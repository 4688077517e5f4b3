/* SPDX-License-Identifier: MIT */
/* One entry stub per vector, the common path, and memory probes that survive a fault. */

	.text
	.altmacro

/* Vectors whose error code the processor pushes (SDM 3, table 6-1). */
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

.macro stub_address vector
	.quad	stub_\vector
.endm

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
	/* Pushed in the order of a call, so that a backtrace goes on in the interrupted code. */
	pushq	17*8(%rsp)
	push	%rbp
	mov	%rsp, %rbp
	call	trap_dispatch
	add	$16, %rsp
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

/* bool probe_read(const void *address): one byte. bool probe_write(void *address): writes back the byte it reads.
 * bool probe_call(const void *address). False if the access faulted. %gs:8 is cpu->resume. */
.macro probe name, access:vararg
	.globl	\name
\name:
	push	%rbx
	mov	%rsp, %rbx
	lea	1f(%rip), %rax
	mov	%rax, %gs:8
	\access
	movq	$0, %gs:8
	mov	$1, %eax
	pop	%rbx
	ret
1:	mov	%rbx, %rsp
	xor	%eax, %eax
	pop	%rbx
	ret
.endm

	probe	probe_read, movb (%rdi), %al
	probe	probe_write, lock orb $0, (%rdi)
	probe	probe_call, call *%rdi

	.section .rodata
	.balign	8
	.globl	trap_stubs
trap_stubs:
	.set	i, 0
	.rept	256
	stub_address %i
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", @progbits
