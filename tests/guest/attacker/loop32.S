/* SPDX-License-Identifier: MIT */
/* uint64_t attack_alignment_loop(uint64_t): #AC whose delivery raises #AC. The handler runs in ring 3 on a misaligned
 * stack, which takes a 32-bit IDT: in 64-bit mode the processor aligns the stack. So this leaves long mode first. Where
 * a processor does not check alignment, the code ends in a plain loop with interrupts off. Never returns. */
	.text
	.globl	attack_alignment_loop
attack_alignment_loop:
	cli
	lgdt	gdtr32(%rip)
	pushq	$0x08
	pushq	$compatible
	lretq

	.code32
compatible:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	$stack32_top, %esp
	mov	%cr0, %eax
	and	$0x7fffffff, %eax	/* paging off: leaves long mode */
	or	$0x40000, %eax		/* AM */
	mov	%eax, %cr0
	mov	$0xc0000080, %ecx
	rdmsr
	and	$~0x100, %eax		/* LME off */
	wrmsr
	lidt	idtr32
	pushl	$0x23
	pushl	$stack32_user + 1	/* misaligned */
	pushl	$0x40002		/* AC, interrupts off */
	pushl	$0x1b
	pushl	$user32
	iret
user32:
	push	%eax
spin32:	jmp	spin32
	.code64

	.data
	.balign	8
gdt32:	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: ring 0 code */
	.quad	0x00cf93000000ffff	/* 0x10: ring 0 data */
	.quad	0x00cffb000000ffff	/* 0x18: ring 3 code */
	.quad	0x00cff3000000ffff	/* 0x20: ring 3 data */
gdtr32:	.word	39
	.quad	gdt32
	.balign	8
/* Gates 0 to 16 are absent; cpu.c fills in 17. */
	.globl	attack_idt32
attack_idt32:
	.skip	18 * 8
idtr32:	.word	18 * 8 - 1
	.long	attack_idt32
	.globl	attack_handler32
	.set	attack_handler32, spin32

	.bss
	.balign	16
	.skip	1024
stack32_user:
	.skip	1024
stack32_top:

	.section .note.GNU-stack, "", @progbits
