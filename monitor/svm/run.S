/* SPDX-License-Identifier: MIT */
/*
 * The world switch. The guest's registers live in mon_start_gprs; its RAX and RSP are in the VMCB. C code keeps RBX,
 * RBP and R12-R15, so these are loaded only when they may have been changed on purpose (svm_registers_changed). GIF is
 * clear from each #VMEXIT to the next VMRUN: nothing interrupts the monitor. FS, GS, TR, LDTR and the system-call MSRs
 * stay the guest's all the time: the monitor uses none of them, and no VMSAVE or VMLOAD is needed here.
 */
#define REG(n) mon_start_gprs + 8 * (n)(%rip)

	.text
	.globl svm_loop
svm_loop: /* RDI = physical address of the VMCB; does not return */
	and	$-16, %rsp
	push	%rdi
	push	%rdi
	clgi
load_all:
	movl	$0, svm_registers_changed(%rip)
	mov	REG(3), %rbx
	mov	REG(5), %rbp
	mov	REG(12), %r12
	mov	REG(13), %r13
	mov	REG(14), %r14
	mov	REG(15), %r15
load:	mov	REG(1), %rcx
	mov	REG(2), %rdx
	mov	REG(6), %rsi
	mov	REG(7), %rdi
	mov	REG(8), %r8
	mov	REG(9), %r9
	mov	REG(10), %r10
	mov	REG(11), %r11
	mov	(%rsp), %rax
	vmrun	%rax
	mov	%rcx, REG(1)
	mov	%rdx, REG(2)
	mov	%rbx, REG(3)
	mov	%rbp, REG(5)
	mov	%rsi, REG(6)
	mov	%rdi, REG(7)
	mov	%r8, REG(8)
	mov	%r9, REG(9)
	mov	%r10, REG(10)
	mov	%r11, REG(11)
	mov	%r12, REG(12)
	mov	%r13, REG(13)
	mov	%r14, REG(14)
	mov	%r15, REG(15)
	call	svm_exit
	cmpl	$0, svm_registers_changed(%rip)
	je	load
	jmp	load_all

	.section .note.GNU-stack, "", @progbits
