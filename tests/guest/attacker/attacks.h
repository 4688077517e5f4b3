/* SPDX-License-Identifier: MIT */
/* Private to the attacker: one row per attack. */
#ifndef ATTACKER_ATTACKS_H
#define ATTACKER_ATTACKS_H

#include <abi/exit.h>
#include <guest/guest.h>

enum outcome {
	STOPPED = 0x100, /* the monitor stops the sandbox; the reason's counter rises */
	STOPPED_ANYHOW,  /* the same, for whatever reason */
	SURVIVES,        /* returns 0 and raises no exception */
	STOPPED_OR_GP,   /* emulators and processors differ: contained either way */
	ANYTHING,        /* any end is fine as long as others do not notice */
	GP = 13,         /* raises this exception */
	UD = 6
};

struct attack {
	const char *name;
	uint64_t (*attempt)(uint64_t argument); /* for SURVIVES: 0 = as it should be, else a code for the report */
	uint64_t argument;
	uint16_t on_svm; /* enum outcome */
	uint16_t on_vmx;
	uint8_t reason;  /* enum qv_exit, for STOPPED */
	bool hangs;      /* somebody else must restart the sandbox: only run when named */
};

#define ATTACK_SKIPPED 0xffffffffu /* result of an attempt that cannot be made on this processor */
#define EVERYWHERE(outcome) (outcome), (outcome)

struct attack_list {
	const struct attack *attack;
	unsigned count;
};
extern const struct attack_list attacks_memory, attacks_msr, attacks_ipi, attacks_io, attacks_cpu, attacks_call;

/* First byte above this sandbox's memory. */
uint64_t attacker_memory_end(void);
/* Lowest APIC id that is not one of this sandbox. */
uint32_t attacker_foreign_core(void);

#endif
