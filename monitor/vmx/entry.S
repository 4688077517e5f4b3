/* SPDX-License-Identifier: MIT */
/*
 * World switch. HOST_RSP is the stack as mon_backend_run found it, so each exit finds the same place free and builds a
 * struct mon_gprs there. VMRESUME is tried first and falls through when the VMCS has not been launched: no launch flag
 * on the exit path.
 */
#define VMCS_HOST_RSP 0x6c14

.macro SAVE
	push %r15
	push %r14
	push %r13
	push %r12
	push %r11
	push %r10
	push %r9
	push %r8
	push %rdi
	push %rsi
	push %rbp
	push %rsp	/* place of the guest's RSP, filled in by mon_exit_entry */
	push %rbx
	push %rdx
	push %rcx
	push %rax
.endm

.macro RESTORE
	pop %rax
	pop %rcx
	pop %rdx
	pop %rbx
	pop %rbp	/* RSP is in the VMCS */
	pop %rbp
	pop %rsi
	pop %rdi
	pop %r8
	pop %r9
	pop %r10
	pop %r11
	pop %r12
	pop %r13
	pop %r14
	pop %r15
.endm

	.section .text.vmx_entry, "ax"
	.globl mon_backend_run, vmx_exit

mon_backend_run:
	and $-16, %rsp
	mov $VMCS_HOST_RSP, %eax
	vmwrite %rsp, %rax
	mov $15, %ecx
1:	push mon_start_gprs(, %rcx, 8)
	dec %ecx
	jns 1b
	jmp resume

	.balign 16
vmx_exit:
	SAVE
	mov %rsp, %rdi
	call mon_exit_entry
resume:
	RESTORE
	vmresume
	SAVE
	mov %rsp, %rdi
	call vmx_entry_failed
	test %al, %al
	jz resume
	RESTORE
	vmlaunch
	SAVE
	mov %rsp, %rdi
	call vmx_entry_failed
	jmp resume
	.size vmx_exit, . - vmx_exit
