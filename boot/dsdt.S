/* SPDX-License-Identifier: MIT */
/* The DSDT given to Linux sandboxes (linux/dsdt.asl). */
	.section .rodata
	.balign 16
	.globl boot_linux_dsdt, boot_linux_dsdt_end
boot_linux_dsdt:
	.incbin "build/linux/dsdt.aml"
boot_linux_dsdt_end:
	.section .note.GNU-stack, "", @progbits
