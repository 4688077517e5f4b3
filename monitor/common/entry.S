/* SPDX-License-Identifier: MIT */
/* Entry from boot code, exception stubs, and the one place where a waiting core sleeps. */

	.section .text.entry, "ax"
	.globl mon_entry
mon_entry: /* RDI = hand-over, RSP = top of the stack, interrupts off */
	cld
	lgdt	gdt_register(%rip)
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	pushq	$0x08
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:	and	$-16, %rsp
	xor	%ebp, %ebp
	call	mon_main
	ud2

	.section .rodata
	.balign 8
gdt: /* descriptors are marked accessed: the processor then never writes to them */
	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_register:
	.word	gdt_register - gdt - 1
	.quad	gdt

	.text
/* One stub per vector, 16 bytes each. */
	.balign 16
	.globl mon_stubs
mon_stubs:
	.set	vector, 0
	.rept	256
	.balign 16
	pushq	$vector
	jmp	stub_common
	.set	vector, vector + 1
	.endr

/* The processor aligns RSP to 16 before it pushes five words, or six with an error code. The parity tells which, even
 * for an external interrupt on a vector that as an exception would have an error code. */
stub_common:
	testb	$8, %spl
	jnz	1f
	pushq	(%rsp)
1:	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	%rsp, %rdi
	cld
	call	mon_trap
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq

/* void mon_idle(void): sleep until an NMI has come since mon_nmi_seen was cleared. An NMI between the test and the
 * HLT would be slept over; the NMI handler closes that window by returning to mon_idle instead. */
	.globl mon_idle, mon_idle_end
mon_idle:
	cmpl	$0, mon_nmi_seen(%rip)
	jne	mon_idle_end
	hlt
	jmp	mon_idle
mon_idle_end:
	ret

	.section .note.GNU-stack, "", @progbits
