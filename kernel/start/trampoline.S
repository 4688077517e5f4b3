/* SPDX-License-Identifier: MIT */
/* First instructions of every other core: copied to a page below 1 MiB, entered in real mode at its start by SIPI.
 * Goes straight from real mode to 64-bit mode. The parameters at the end are filled in by smp.c core by core. */

#define CR0_PE_PG_WP_NE_ET 0x80010031
#define CR4_PAE  0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900

	.section .rodata
	.balign	16
	.globl	trampoline_start, trampoline_end, trampoline_parameters
	.code16
trampoline_start:
	cli
	xor	%edi, %edi
	mov	%cs, %di
	mov	%di, %ds
	shl	$4, %edi		/* linear address of this page */
	lea	(trampoline_gdt - trampoline_start)(%edi), %eax
	mov	%eax, (trampoline_gdtr - trampoline_start + 2)
	lea	(trampoline_long - trampoline_start)(%edi), %eax
	mov	%eax, (trampoline_far - trampoline_start)
	lgdtl	(trampoline_gdtr - trampoline_start)
	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	(trampoline_parameters - trampoline_start), %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME_NXE, %eax
	wrmsr
	mov	$CR0_PE_PG_WP_NE_ET, %eax
	mov	%eax, %cr0
	ljmpl	*(trampoline_far - trampoline_start)

	.code64
trampoline_long:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	mov	(trampoline_parameters + 8)(%rip), %rsp
	mov	(trampoline_parameters + 16)(%rip), %rax
	xor	%ebp, %ebp
	call	*%rax
	ud2

	.balign	8
trampoline_gdt:
	.quad	0
	.quad	0x00209b0000000000
	.quad	0x0000930000000000
trampoline_gdtr:
	.word	23
	.long	0
	.balign	4
trampoline_far:
	.long	0
	.word	8
	.balign	8
trampoline_parameters:		/* struct start_parameters of smp.c */
	.quad	0		/* CR3, below 4 GiB */
	.quad	0		/* stack top */
	.quad	0		/* entry point */
trampoline_end:

	.section .note.GNU-stack, "", @progbits
