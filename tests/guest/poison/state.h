/* SPDX-License-Identifier: MIT */
/* Private to the poison guest: everything a core can hold, how to fill it and what it is after reset. */
#ifndef POISON_STATE_H
#define POISON_STATE_H

#include <guest/guest.h>

enum state_kind {
	STATE_GENERAL, STATE_DEBUG, STATE_CONTROL, STATE_SYSTEM, STATE_APIC, STATE_FPU, STATE_AVX, STATE_KINDS
};

/* Fill debug, control, system, x87, SSE and AVX registers of this core. */
void state_poison(void);
bool state_has_avx(void);
/* Start a timer, open LVT entries, raise the priority, leave `vector` pending. */
void state_poison_apic(uint8_t vector);
/* Keep a pattern in all general registers for a while. */
void state_hold_poison(void);

/* Each: NULL if this core's registers have their values after reset, else the name of one that has not; its value is
 * then in state_offender[core]. */
const char *state_check_general(void);
const char *state_check_debug(void);
const char *state_check_control(bool entered); /* entered by the monitor, not by the start page's code */
const char *state_check_system(void);
const char *state_check_apic(void);
const char *state_check_fpu(void);
const char *state_check_avx(void);
extern uint64_t state_offender[QV_MAX_CORES];

#endif
