/* SPDX-License-Identifier: MIT */
/* The vDSO as it was linked, on pages of its own. */
	.set	PAGE, 4096

	.section .rodata
	.balign	PAGE
	.globl	vdso_image
vdso_image:
	.incbin	"build/vdso.so"
	.balign	PAGE
	.globl	vdso_image_end
vdso_image_end:

	.section .note.GNU-stack, "", @progbits
