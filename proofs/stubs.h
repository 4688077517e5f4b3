/* SPDX-License-Identifier: MIT */
/* What every harness needs: a value of any kind, and assertions of the code under proof as properties. */
#ifndef PROOFS_STUBS_H
#define PROOFS_STUBS_H

#include <lib/assert.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool nondet_bool(void);
uint8_t nondet_u8(void);
uint16_t nondet_u16(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);

#define assume(e)       __CPROVER_assume(e)
#define prove(e, claim) __CPROVER_assert(e, claim)

_Noreturn void qv_assert_failed(const char *file, int line, const char *what)
{
	(void)file, (void)line, (void)what;
	prove(false, "an invariant of the code holds");
	assume(false);
	__builtin_unreachable();
}

#endif
