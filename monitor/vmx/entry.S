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

.macro RESTORE	/* RSP stays: the guest's is in the VMCS, the host's is set by the next exit */
	mov 0x00(%rsp), %rax
	mov 0x08(%rsp), %rcx
	mov 0x10(%rsp), %rdx
	mov 0x18(%rsp), %rbx
	mov 0x28(%rsp), %rbp
	mov 0x30(%rsp), %rsi
	mov 0x38(%rsp), %rdi
	mov 0x40(%rsp), %r8
	mov 0x48(%rsp), %r9
	mov 0x50(%rsp), %r10
	mov 0x58(%rsp), %r11
	mov 0x60(%rsp), %r12
	mov 0x68(%rsp), %r13
	mov 0x70(%rsp), %r14
	mov 0x78(%rsp), %r15
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
	add $0x80, %rsp
	SAVE
	mov %rsp, %rdi
	call vmx_entry_failed
	test %al, %al
	jz resume
	RESTORE
	vmlaunch
	add $0x80, %rsp
	SAVE
	mov %rsp, %rdi
	call vmx_entry_failed
	jmp resume
	.size vmx_exit, . - vmx_exit
