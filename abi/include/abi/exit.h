/* SPDX-License-Identifier: MIT */
/*
 * Vendor-neutral exit reasons: one row of the monitor's exit table and one counter in the black box each. The last ones
 * are no exits: they stand in fault records only.
 */
#ifndef ABI_EXIT_H
#define ABI_EXIT_H

#include <abi/types.h>

/* X(identifier, name printed by tools) */
#define QV_EXIT_LIST(X) \
	X(UNKNOWN, "unknown") \
	X(CALL, "call") \
	X(CPUID, "cpuid") \
	X(IO, "io") \
	X(MSR_READ, "rdmsr") \
	X(MSR_WRITE, "wrmsr") \
	X(ICR, "icr") \
	X(NESTED_FAULT, "nested-fault") \
	X(KICK, "kick") \
	X(SMI, "smi") \
	X(INIT, "init") \
	X(TRIPLE_FAULT, "triple-fault") \
	X(MACHINE_CHECK, "machine-check") \
	X(ALIGNMENT, "alignment-check") \
	X(DEBUG, "debug-trap") \
	X(XSETBV, "xsetbv") \
	X(CACHE, "wbinvd") \
	X(MWAIT, "mwait") \
	X(VIRTUALISATION, "virtualisation") \
	X(CR, "control-register") \
	X(TASK_SWITCH, "task-switch") \
	X(BAD_STATE, "bad-state") \
	X(OTHER, "other") \
	X(PANIC, "guest-panic") \
	X(LOCK, "lock-timeout") \
	X(MAIL, "mail-timeout")

enum qv_exit {
#define X(id, name) QV_EXIT_##id,
	QV_EXIT_LIST(X)
#undef X
	QV_EXIT_COUNT
};

#define QV_EXIT_SLOTS 32u /* counters per core page; leaves room for new reasons */
_Static_assert(QV_EXIT_COUNT <= QV_EXIT_SLOTS, "exit counters fit the core page");

#endif
