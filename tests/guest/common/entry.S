/* SPDX-License-Identifier: MIT */
/* Start of a guest on core 0 and, in real mode, on its other cores. */
#include <guest/guest_asm.h>

	.section .text.entry, "ax", @progbits
	.globl	guest_entry
/* The registers are stored before anything changes them: a restarted guest can check that they hold nothing. */
guest_entry:
	mov	%rax, guest_start_registers + 0
	mov	%rcx, guest_start_registers + 8
	mov	%rdx, guest_start_registers + 16
	mov	%rbx, guest_start_registers + 24
	mov	%rsp, guest_start_registers + 32
	mov	%rbp, guest_start_registers + 40
	mov	%rsi, guest_start_registers + 48
	mov	%rdi, guest_start_registers + 56
	mov	%r8, guest_start_registers + 64
	mov	%r9, guest_start_registers + 72
	mov	%r10, guest_start_registers + 80
	mov	%r11, guest_start_registers + 88
	mov	%r12, guest_start_registers + 96
	mov	%r13, guest_start_registers + 104
	mov	%r14, guest_start_registers + 112
	mov	%r15, guest_start_registers + 120
	mov	$guest_stacks + GUEST_STACK_BYTES, %esp
	pushfq
	popq	guest_start_registers + 128
	cli
	cld

	/* One top table and one with 512 pages of 1 GiB: everything, one-to-one, for rings 0 and 3. */
	mov	$guest_pdpt, %ebx
	mov	$0x87, %eax
	mov	$512, %ecx
1:	mov	%rax, (%rbx)
	add	$0x40000000, %rax
	add	$8, %rbx
	dec	%ecx
	jnz	1b
	movq	$guest_pdpt + 7, guest_pml4
	mov	%cr3, %rax
	mov	%rax, guest_start_cr3
	mov	$guest_pml4, %eax
	mov	%rax, %cr3
	xor	%ebp, %ebp
	call	guest_begin
	ud2

/* Copied to the start page; entered in real mode by SIPI. Parameter: the stack top, which tells the core's index. */
	.section .rodata
	.balign	16
	.globl	guest_trampoline, guest_trampoline_end, guest_trampoline_stack
	.code16
guest_trampoline:
	cli
	xor	%edi, %edi
	mov	%cs, %di
	mov	%di, %ds
	shl	$4, %edi
	lea	(trampoline_gdt - guest_trampoline)(%edi), %eax
	mov	%eax, (trampoline_gdtr - guest_trampoline + 2)
	lea	(trampoline_long - guest_trampoline)(%edi), %eax
	mov	%eax, (trampoline_far - guest_trampoline)
	lgdtl	(trampoline_gdtr - guest_trampoline)
	mov	$0x20, %eax
	mov	%eax, %cr4
	mov	$guest_pml4, %eax
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx
	rdmsr
	or	$0x100, %eax
	wrmsr
	mov	$0x80010031, %eax
	mov	%eax, %cr0
	ljmpl	*(trampoline_far - guest_trampoline)
	.code64
trampoline_long:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	guest_trampoline_stack(%rip), %rsp
	xor	%ebp, %ebp
	mov	$guest_begin_core, %rax
	call	*%rax
	ud2
	.balign	8
trampoline_gdt:
	.quad	0, 0x00209b0000000000, 0x0000930000000000
trampoline_gdtr:
	.word	23
	.long	0
	.balign	4
trampoline_far:
	.long	0
	.word	8
	.balign	8
guest_trampoline_stack:
	.quad	0
guest_trampoline_end:

	.bss
	.globl	guest_start_registers, guest_start_cr3, guest_stacks, guest_pml4, guest_pdpt
	.balign	4096
guest_pml4:	.skip	4096
guest_pdpt:	.skip	4096
guest_stacks:	.skip	GUEST_STACK_BYTES * 16
guest_start_registers:	.skip	17 * 8
guest_start_cr3:	.skip	8

	.section .note.GNU-stack, "", @progbits
