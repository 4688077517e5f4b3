/* SPDX-License-Identifier: MIT */
/*
 * For unit tests of the back ends' exit.c on the host: what the exit table and the record need around them.
 * Nothing here is part of a monitor.
 */
#ifndef MONITOR_FIXTURE_H
#define MONITOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mon/backend.h>

/* A guest that runs on core 0, with an empty record. */
void fixture_begin(void);
/* One fault with these values was recorded and counted, the life ended, nothing was injected. */
void fixture_expect_fault(uint32_t reason, uint32_t code, uint64_t rip);
/* Exception `vector` went into the guest, and no fault was recorded. */
void fixture_expect_injected(uint8_t vector);

#endif
