/* SPDX-License-Identifier: MIT */
/* The IPI filter: what a write to the x2APIC interrupt command register may do (SDM 3, 11.12.9). */
#ifndef LIB_ICR_H
#define LIB_ICR_H

#include <abi/limits.h>

struct qv_icr_cores { /* the sandbox's own cores */
	uint32_t count;
	uint32_t self; /* index of the sender */
	uint32_t apic_id[QV_MAX_CORES];
};

enum qv_icr_action { QV_ICR_REFUSE = 0, QV_ICR_SEND, QV_ICR_NMI, QV_ICR_INIT, QV_ICR_SIPI, QV_ICR_IGNORE };

struct qv_icr_decision {
	enum qv_icr_action action;
	uint32_t targets; /* bit i = core i of the sandbox; never empty unless REFUSE or IGNORE */
	uint8_t vector;   /* SEND: vector >= 16; SIPI: start page */
};

/* Decide on `value`. Targets are only ever own cores; a destination that names any other core is refused. INIT level
 * de-assert is ignored. A SEND is carried out by the caller as one physical fixed IPI per target. */
struct qv_icr_decision qv_icr_decide(uint64_t value, const struct qv_icr_cores *cores);

#endif
