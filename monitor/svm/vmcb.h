/* SPDX-License-Identifier: MIT */
/* The virtual machine control block (APM 2, appendix B), intercept bits and exit codes (appendix C). */
#ifndef SVM_VMCB_H
#define SVM_VMCB_H

#include <abi/types.h>

struct svm_segment {
	uint16_t selector;
	uint16_t attributes; /* descriptor bits 47:40 and 55:52 */
	uint32_t limit;
	uint64_t base;
};

struct svm_vmcb {
	/* control area */
	uint32_t cr_intercepts;
	uint32_t dr_intercepts;
	uint32_t exception_intercepts;
	uint32_t intercepts1;
	uint32_t intercepts2;
	uint32_t intercepts3;
	uint8_t pad0[0x40 - 0x18];
	uint64_t io_bitmap;
	uint64_t msr_bitmap;
	uint64_t tsc_offset;
	uint32_t asid;
	uint32_t tlb_control;
	uint64_t interrupt_control;
	uint64_t interrupt_shadow;
	uint64_t exit_code;
	uint64_t exit_info[2];
	uint64_t exit_event;  /* event whose delivery was cut short by this exit */
	uint64_t nested_enable;
	uint64_t avic_bar;
	uint64_t ghcb;
	uint64_t inject_event;
	uint64_t nested_root;
	uint64_t lbr_control;
	uint64_t clean_bits;
	uint64_t next_rip;
	uint8_t pad1[0x400 - 0xd0];
	/* state save area */
	struct svm_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t pad2[0x4cb - 0x4a0];
	uint8_t cpl;
	uint32_t pad3;
	uint64_t efer;
	uint8_t pad4[0x548 - 0x4d8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t pad5[0x5d8 - 0x580];
	uint64_t rsp, s_cet, ssp, isst_addr, rax;
	uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
	uint64_t cr2;
	uint8_t pad6[0x668 - 0x648];
	uint64_t pat;
	uint64_t debugctl;
	uint8_t pad7[0x1000 - 0x678];
};

#define SVM_OFFSET(field, value) \
	_Static_assert(offsetof(struct svm_vmcb, field) == (value), "VMCB layout: " #field)
SVM_OFFSET(io_bitmap, 0x40);
SVM_OFFSET(asid, 0x58);
SVM_OFFSET(interrupt_control, 0x60);
SVM_OFFSET(exit_code, 0x70);
SVM_OFFSET(exit_event, 0x88);
SVM_OFFSET(nested_enable, 0x90);
SVM_OFFSET(inject_event, 0xa8);
SVM_OFFSET(nested_root, 0xb0);
SVM_OFFSET(next_rip, 0xc8);
SVM_OFFSET(es, 0x400);
SVM_OFFSET(tr, 0x490);
SVM_OFFSET(cpl, 0x4cb);
SVM_OFFSET(efer, 0x4d0);
SVM_OFFSET(cr4, 0x548);
SVM_OFFSET(rip, 0x578);
SVM_OFFSET(rsp, 0x5d8);
SVM_OFFSET(rax, 0x5f8);
SVM_OFFSET(sysenter_eip, 0x638);
SVM_OFFSET(cr2, 0x640);
SVM_OFFSET(pat, 0x668);
_Static_assert(sizeof(struct svm_vmcb) == 0x1000, "VMCB is a page");

/* intercepts1 */
#define SVM_INTERCEPT_NMI      (1u << 1)
#define SVM_INTERCEPT_SMI      (1u << 2)
#define SVM_INTERCEPT_INIT     (1u << 3)
#define SVM_INTERCEPT_INVD     (1u << 22)
#define SVM_INTERCEPT_INVLPGA  (1u << 26)
#define SVM_INTERCEPT_IO       (1u << 27)
#define SVM_INTERCEPT_MSR      (1u << 28)
#define SVM_INTERCEPT_TASK     (1u << 29)
#define SVM_INTERCEPT_SHUTDOWN (1u << 31)
/* intercepts2 */
#define SVM_INTERCEPT_VMRUN    (1u << 0)
#define SVM_INTERCEPT_VMMCALL  (1u << 1)
#define SVM_INTERCEPT_VMLOAD   (1u << 2)
#define SVM_INTERCEPT_VMSAVE   (1u << 3)
#define SVM_INTERCEPT_STGI     (1u << 4)
#define SVM_INTERCEPT_CLGI     (1u << 5)
#define SVM_INTERCEPT_SKINIT   (1u << 6)
#define SVM_INTERCEPT_WBINVD   (1u << 9)
#define SVM_INTERCEPT_MONITOR  (1u << 10)
#define SVM_INTERCEPT_MWAIT    (1u << 11)
#define SVM_INTERCEPT_XSETBV   (1u << 13)
/* intercepts3 */
#define SVM_INTERCEPT_INVLPGB  (3u << 0)
#define SVM_INTERCEPT_TLBSYNC  (1u << 4)

#define SVM_TLB_FLUSH_ALL 1u

#define SVM_EVENT_VALID     (1ull << 31)
#define SVM_EVENT_ERROR     (1ull << 11)
#define SVM_EVENT_NMI       (2ull << 8)
#define SVM_EVENT_EXCEPTION (3ull << 8)

enum svm_exit_code {
	SVM_EXIT_EXCEPTION = 0x40, /* + vector */
	SVM_EXIT_NMI = 0x61,
	SVM_EXIT_SMI = 0x62,
	SVM_EXIT_INIT = 0x63,
	SVM_EXIT_CPUID = 0x72,
	SVM_EXIT_INVD = 0x76,
	SVM_EXIT_INVLPGA = 0x7a,
	SVM_EXIT_IO = 0x7b,
	SVM_EXIT_MSR = 0x7c,
	SVM_EXIT_TASK = 0x7d,
	SVM_EXIT_SHUTDOWN = 0x7f,
	SVM_EXIT_VMRUN = 0x80,
	SVM_EXIT_VMMCALL = 0x81,
	SVM_EXIT_VMLOAD = 0x82,
	SVM_EXIT_VMSAVE = 0x83,
	SVM_EXIT_STGI = 0x84,
	SVM_EXIT_CLGI = 0x85,
	SVM_EXIT_SKINIT = 0x86,
	SVM_EXIT_WBINVD = 0x89,
	SVM_EXIT_MONITOR = 0x8a,
	SVM_EXIT_MWAIT = 0x8b,
	SVM_EXIT_MWAIT_ARMED = 0x8c,
	SVM_EXIT_XSETBV = 0x8d,
	SVM_EXIT_INVLPGB = 0xa0,
	SVM_EXIT_INVLPGB_ILLEGAL = 0xa1,
	SVM_EXIT_TLBSYNC = 0xa4,
	SVM_EXIT_NESTED_FAULT = 0x400,
};

#define SVM_NESTED_WRITE (1u << 1)
#define SVM_NESTED_FETCH (1u << 4)

#endif
