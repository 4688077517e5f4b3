/* SPDX-License-Identifier: MIT */
/*
 * Guest writes to system registers that a monitor carries out on the processor: what is accepted, decided without
 * hardware. An accepted value never faults in the monitor and never reaches outside the sandbox.
 */
#ifndef LIB_SYSREG_H
#define LIB_SYSREG_H

#include <abi/types.h>

/* XCR0 (SDM 1, 13.3): x87 set, AVX needs SSE, bound registers, AVX-512 and AMX states all or none, and only bits of
 * `supported` (CPUID 0xD.0). */
bool qv_xcr0_valid(uint64_t value, uint64_t supported);

/* PAT (SDM 3, 12.12): each of the eight fields is a memory type 0, 1, 4, 5, 6 or 7. */
bool qv_pat_valid(uint64_t value);

/* EFER (APM 2, 3.1.7): only bits of `writable` may be set besides LMA, which keeps its value; LME does not change
 * while `paging` is on. True: *value is what to load. False: #GP. */
bool qv_efer_write(uint64_t current, uint64_t *value, uint64_t writable, bool paging);

/* Spurious-interrupt vector register (SDM 3, 11.9); `suppress` = EOI-broadcast suppression exists. False: #GP. */
bool qv_svr_valid(uint64_t value, bool suppress);

struct qv_lvt_caps { /* of this core's APIC */
	uint32_t last;     /* index of the last LVT entry: version register, bits 23:16 */
	bool tsc_deadline;
};

enum qv_lvt_verdict { QV_LVT_REFUSE = 0, QV_LVT_ACCEPT, QV_LVT_MASK };

/* A write to an x2APIC LVT register (SDM 3, 11.5.1). Only fixed delivery may be unmasked: NMI and ExtINT are accepted
 * but forced masked (MASK; a stock kernel opens LINT0 and LINT1 blindly), SMI, INIT and reserved modes or bits are
 * refused. On ACCEPT and MASK, *value is what to write. */
enum qv_lvt_verdict qv_lvt_write(uint32_t msr, uint64_t *value, const struct qv_lvt_caps *caps);

#endif
