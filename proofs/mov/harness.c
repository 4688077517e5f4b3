/* SPDX-License-Identifier: MIT */
/* MOV decoder: any bytes, in a buffer of exactly their number, so that one byte too far is a violation. */
#include "../stubs.h"

#include <lib/mov.h>

#include <stdlib.h>

#ifndef BYTES
#define BYTES 18u /* more than any instruction has */
#endif

void prove_decode(void)
{
	size_t n = nondet_u64();
	uint8_t *code;
	struct qv_mov mov;

	assume(n <= BYTES);
	code = malloc(n);
	assume(code != NULL);
	if (!qv_mov_decode(code, n, &mov))
		return;
	prove(mov.length >= 2 && mov.length <= n && mov.length <= 15, "the length is within the bytes given");
	prove(mov.size == 4 || mov.size == 8, "32 or 64 bits");
	prove(mov.reg < 16, "the register exists");
	prove(!mov.immediate || mov.store, "an immediate is only ever stored");
	prove(mov.immediate || mov.value == 0, "no value without an immediate");
	prove((code[0] & 0xf0) != 0x60, "no prefix is taken for a MOV");
}
