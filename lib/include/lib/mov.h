/* SPDX-License-Identifier: MIT */
/* MOV decoder for mediated MSI-X table pages (D7a): the 32- and 64-bit MOV forms to and from memory, nothing else. */
#ifndef LIB_MOV_H
#define LIB_MOV_H

#include <abi/types.h>

struct qv_mov {
	uint8_t length;    /* bytes of the instruction, 1..15 */
	uint8_t size;      /* operand bytes: 4 or 8 */
	bool store;        /* register or immediate to memory */
	bool immediate;    /* store of `value` */
	uint8_t reg;       /* 0..15 in encoding order RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8.. when not immediate */
	uint64_t value;    /* sign-extended immediate */
};

/* Decode at most `n` bytes of 64-bit code. False: not a MOV this decoder knows, or cut off. */
bool qv_mov_decode(const uint8_t *code, size_t n, struct qv_mov *mov);

#endif
