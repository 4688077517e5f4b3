/* SPDX-License-Identifier: MIT */
/* First instructions of core 0: as abi/info.h says, 64-bit mode on identity tables, RDI = guest-physical address of
 * the entry information. Builds the few tables that make the linked addresses work and jumps there. */
#include <base/layout.h>

#define PRESENT_WRITE 0x3
#define LARGE_LEAF    0x83
#define TOP_SLOT      (511 * 8)
#define DIRECT_SLOT   (256 * 8)

	.section .text.entry, "ax", @progbits
	.globl	kernel_entry
kernel_entry:
	cli
	cld
	mov	%rdi, %r12
	lea	boot_pml4(%rip), %rbx
	mov	%cr3, %rax
	and	$~0xfff, %rax
	mov	(%rax), %rcx		/* the 4 GiB identity map, used at 0 and as direct map */
	mov	%rcx, (%rbx)
	mov	%rcx, DIRECT_SLOT(%rbx)
	lea	boot_pdpt + PRESENT_WRITE(%rip), %rax
	mov	%rax, TOP_SLOT(%rbx)
	lea	boot_pd + PRESENT_WRITE(%rip), %rax
	lea	boot_pdpt(%rip), %rdx
	mov	%rax, 510 * 8(%rdx)	/* top 2 GiB start at slot 510: 1 GiB of guest memory */
	lea	boot_slice_pd + PRESENT_WRITE(%rip), %rax
	mov	%rax, 511 * 8(%rdx)	/* SLICE_BASE: filled in by start_early */
	lea	boot_pd(%rip), %rdx
	mov	$LARGE_LEAF, %eax
	mov	$512, %ecx
1:	mov	%rax, (%rdx)
	add	$0x200000, %rax
	add	$8, %rdx
	dec	%ecx
	jnz	1b
	mov	%rbx, %cr3
	mov	$2f, %rax
	jmp	*%rax
2:	lea	boot_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	mov	%r12, %rdi
	call	kernel_main
	ud2

/* void start_on_stack(uint64_t top, void (*run)(void)): leave the boot stack for good. */
	.text
	.globl	start_on_stack
start_on_stack:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	call	*%rsi
	ud2

	.bss
	.globl	boot_slice_pd
	.balign	4096
boot_pml4:	.skip	4096
boot_pdpt:	.skip	4096
boot_pd:	.skip	4096
boot_slice_pd:	.skip	4096
boot_stack:	.skip	8192
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
