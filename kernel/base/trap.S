/* SPDX-License-Identifier: MIT */
/* One entry stub per vector, the common path in and out, and memory probes that survive a fault. */
#include <base/entry.h>

	.text
	.altmacro

/* Vectors whose error code the processor pushes (SDM 3, table 6-1). */
.macro stub vector
stub_\vector:
	.if (\vector != 8) && (\vector != 10) && (\vector != 11) && (\vector != 12) && (\vector != 13) && \
		(\vector != 14) && (\vector != 17) && (\vector != 21) && (\vector != 29) && (\vector != 30)
	pushq	$0
	.endif
	.if \vector == TRAP_TIMER
	cmpq	$irq_halted, 8(%rsp)
	je	irq_halted_by_timer
	.endif
	pushq	$\vector
	.if (\vector == 2) || (\vector == 8) || (\vector == 18)
	jmp	trap_fatal_common
	.else
	jmp	trap_common
	.endif
.endm

.macro stub_address vector
	.short	stub_\vector - trap_first_stub
.endm

	.globl	trap_first_stub
trap_first_stub:
	.set	i, 0
	.rept	256
	stub	%i
	.set	i, i + 1
	.endr

.macro push_all
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
.endm

.macro pop_all
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
.endm

/* bool irq_halt(void). Interrupts come only behind the HLT. The timer's ends it as a call would: what was interrupted
 * is known, so nothing needs to be saved, and interrupts stay off. */
	.globl	irq_halt
irq_halt:
	sti
	hlt
irq_halted:
	cli
	xor	%eax, %eax
	ret
irq_halted_by_timer:
	mov	32(%rsp), %rsp		/* the interrupted RSP; below it are an error code, RIP, CS, RFLAGS */
	mov	$1, %eax
	ret

trap_common:
	testb	$3, 24(%rsp)
	jz	1f
	swapgs
1:	push_all
881:	.byte	0x0f, 0x1f, 0x00	/* ring 3 may have set AC, and a user copy has: see base/smap.h */
	.pushsection .patch_clac, "a"
	.quad	881b
	.popsection
	cld
	mov	%rsp, %rdi
	/* Pushed in the order of a call, so that a backtrace goes on in the interrupted code. */
	pushq	17*8(%rsp)
	push	%rbp
	mov	%rsp, %rbp
	call	trap_dispatch
	add	$16, %rsp
	testb	$3, FRAME_CS(%rsp)
	jnz	trap_return_user
	pop_all
	iretq

/* The long way to ring 3: all registers from the frame that RSP points to. */
	.globl	trap_return_user
trap_return_user:
	mov	%gs:CPU_THREAD, %rax
	cmpl	$0, THREAD_WORK(%rax)
	jne	2f
	mov	FRAME_RIP(%rsp), %rax
	shr	$47, %rax
	jnz	3f		/* IRET would fault after SWAPGS */
	pop_all
	swapgs
	iretq
2:	mov	%rsp, %rdi
	call	trap_work
	jmp	trap_return_user
3:	mov	%rsp, %rdi
	call	trap_bad_rip
	jmp	trap_return_user

/* void trap_leave_now(struct trap_frame *frame) */
	.globl	trap_leave_now
trap_leave_now:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	jmp	trap_return_user

/* NMI, double fault, machine check: on stacks of their own, from anywhere, with either GS; they never return. */
trap_fatal_common:
	push_all
	cld
	mov	%rsp, %rdi
	pushq	17*8(%rsp)
	push	%rbp
	mov	%rsp, %rbp
	call	trap_fatal
	ud2

/* bool probe_read(const void *address): one byte. bool probe_write(void *address): writes back the byte it reads.
 * bool probe_call(const void *address). False if the access faulted. */
.macro probe name, access:vararg
	.globl	\name
\name:
	push	%rbx
	mov	%rsp, %rbx
	lea	1f(%rip), %rax
	mov	%rax, %gs:CPU_RESUME
	\access
	movq	$0, %gs:CPU_RESUME
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
	.balign	2
	.globl	trap_stubs
trap_stubs:
	.set	i, 0
	.rept	256
	stub_address %i
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", @progbits
