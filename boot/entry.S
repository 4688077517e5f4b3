/* SPDX-License-Identifier: MIT */
/*
 * Entry from PVH (QEMU -kernel) and multiboot2 (GRUB on BIOS and UEFI), both in 32-bit protected mode without paging;
 * the start of the other cores; exception stubs. Identity tables: 0-4 GiB by 2 MiB pages, up to 512 GiB by 1 GiB
 * pages where the processor has them.
 */
#define PVH_MAGIC      0x336ec578 /* Xen public/arch-x86/hvm/start_info.h */
#define MB2_MAGIC      0xe85250d6 /* Multiboot2 specification 1.6, 3.1.1 */
#define MSR_EFER       0xc0000080
#define EFER_LME       0x100
#define EFER_NXE       0x800
#define CR4_PAE        0x20
#define CR0_LONG       0x80010033 /* PG WP NE ET MP PE; caches on */
#define CODE64         0x08
#define DATA           0x10
#define CODE32         0x18
#define BOOT_STACK     0x8000

	.section .multiboot2, "a"
	.balign 8
mb2_header:
	.long MB2_MAGIC, 0, mb2_end - mb2_header, -(MB2_MAGIC + (mb2_end - mb2_header))
	.balign 8
	.short boot_screen_tag, 1 ; .long 20, 1024, 768, 32 /* framebuffer, optional; see boot.ld */
	.balign 8
	.short 6, 0 ; .long 8                 /* modules on page boundaries */
	.balign 8
	.short 0, 0 ; .long 8
mb2_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.long boot_entry_pvh

	.text
	.code32
	.globl boot_entry_mb2, boot_entry_pvh
boot_entry_pvh:
	mov $PVH_MAGIC, %eax
boot_entry_mb2:
	cli
	cld
	mov $boot_stack_top, %esp
	mov %eax, %esi
	mov %ebx, %edi
	mov $0x80000000, %eax
	cpuid
	cmp $0x80000001, %eax
	jb no_long_mode
	mov $0x80000001, %eax
	cpuid
	bt $29, %edx
	jnc no_long_mode

	mov $boot_pdpt + 3, %eax
	mov %eax, boot_pml4
	mov $boot_pd + 3, %eax
	mov $boot_pdpt, %ebx
	mov $4, %ecx
1:	mov %eax, (%ebx)
	add $4096, %eax
	add $8, %ebx
	loop 1b
	mov $boot_pd, %ebx
	mov $0x83, %eax
	mov $2048, %ecx
2:	mov %eax, (%ebx)
	add $0x200000, %eax
	add $8, %ebx
	loop 2b
	bt $26, %edx /* 1 GiB pages */
	jnc 4f
	mov $4, %edx
3:	mov %edx, %eax
	shl $30, %eax
	or $0x83, %eax
	mov %eax, boot_pdpt(, %edx, 8)
	mov %edx, %eax
	shr $2, %eax
	mov %eax, boot_pdpt + 4(, %edx, 8)
	inc %edx
	cmp $512, %edx
	jne 3b
	mov %edx, boot_mapped_gib
4:	mov $boot_main64, %ebp
	/* fall through */

/* Paging and long mode on, then 64-bit code at EBP. Keeps ESI, EDI. CR4.LA57 stays 0: four levels. */
enter_long:
	mov $CR4_PAE, %eax
	mov %eax, %cr4
	mov $boot_pml4, %eax
	mov %eax, %cr3
	mov $0x80000001, %eax
	cpuid
	and $(1 << 20), %edx /* NX: EFER.NXE would fault without it; C code refuses such a processor */
	shr $9, %edx
	mov %edx, %ebx
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	or %ebx, %eax
	wrmsr
	mov $CR0_LONG, %eax
	mov %eax, %cr0
	lgdt boot_gdt_pointer
	ljmp $CODE64, $in_long

no_long_mode:
	mov $no_long_text, %esi
1:	lodsb
	test %al, %al
	jz 3f
	mov %al, %bl
	mov $0x3fd, %dx
	mov $100000, %ecx
2:	in %dx, %al
	test $0x20, %al
	loopz 2b
	mov $0x3f8, %dx
	mov %bl, %al
	out %al, %dx
	jmp 1b
3:	cli
	hlt
	jmp 3b

	.code64
in_long:
	mov $DATA, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	xor %eax, %eax
	mov %ax, %fs
	mov %ax, %gs
	mov %ebp, %ebp
	jmp *%rbp

boot_main64:
	mov $boot_stack_top, %rsp
	mov %edi, %eax
	mov %esi, %edi
	mov %eax, %esi
	xor %ebp, %ebp
	call boot_main
1:	cli
	hlt
	jmp 1b

/* The other cores are started one at a time, so one stack pointer variable serves all. */
ap_main64:
	mov boot_ap_stack, %rsp
	xor %ebp, %ebp
	call boot_ap_main
1:	cli
	hlt
	jmp 1b

	.code32
ap_32:
	mov $DATA, %ax
	mov %ax, %ds
	mov %ax, %es
	mov %ax, %ss
	mov $ap_main64, %ebp
	jmp enter_long

/* Copied to a page below 1 MiB; position-independent: CS = page << 8, IP = 0. */
	.globl boot_trampoline, boot_trampoline_end
	.code16
boot_trampoline:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	lgdtl trampoline_gdt_pointer - boot_trampoline
	mov $0x11, %eax /* PE, ET; caches on */
	mov %eax, %cr0
	ljmpl $CODE32, $ap_32
	.balign 4
trampoline_gdt_pointer:
	.short boot_gdt_end - boot_gdt - 1
	.long boot_gdt
boot_trampoline_end:

	.code64
/* void boot_load_idt(const void *pointer) */
	.globl boot_load_idt
boot_load_idt:
	lidt (%rdi)
	ret

/* Wake-up vector of parked cores: x2APIC EOI and back. */
	.globl boot_wake_stub
boot_wake_stub:
	push %rax
	push %rcx
	push %rdx
	mov $0x80b, %ecx
	xor %eax, %eax
	xor %edx, %edx
	wrmsr
	pop %rdx
	pop %rcx
	pop %rax
	iretq

/* 32 exception stubs, 16 bytes apart: push the vector (and a zero error code where the processor pushes none). */
	.balign 16
	.globl boot_trap_stubs
boot_trap_stubs:
	.set vector, 0
	.rept 32
	.balign 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	push $0
	.endif
	push $vector
	jmp trap_common
	.set vector, vector + 1
	.endr
trap_common:
	push %rax
	push %rcx
	push %rdx
	push %rbx
	push %rbp
	push %rsi
	push %rdi
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	mov %rsp, %rdi
	and $-16, %rsp
	cld
	call boot_trap
1:	cli
	hlt
	jmp 1b

	.section .rodata
no_long_text:
	.asciz "error: this processor has no 64-bit mode\r\nremedy: use an x86-64 processor\r\nquest-v: refused\r\n"
	.balign 8
	.globl boot_gdt_pointer
boot_gdt_pointer:
	.short boot_gdt_end - boot_gdt - 1
	.quad boot_gdt

	.data
	.balign 16
	.globl boot_gdt
boot_gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* CODE64 */
	.quad 0x00cf93000000ffff /* DATA */
	.quad 0x00cf9b000000ffff /* CODE32 */
boot_gdt_end:
	.globl boot_mapped_gib
	.balign 4
boot_mapped_gib:
	.long 4

	.bss
	.balign 4096
	.globl boot_pml4
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
boot_pd:   .skip 4 * 4096
	.skip BOOT_STACK
boot_stack_top:
	.globl boot_ap_stack
boot_ap_stack: .skip 8
