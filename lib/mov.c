/* SPDX-License-Identifier: MIT */
/*
 * MOV decoder. Form: [REX] opcode [ModRM [SIB] [displacement] | offset] [immediate]. Legacy prefixes are refused: code
 * that drives a device needs none, and the address comes from the exit, not from the operand.
 *
 *   89 /r  store register     8B /r  load register     C7 /0  store immediate
 *   A3     store RAX          A1     load RAX          (64-bit absolute offset)
 */
#include <lib/mov.h>

#define MAX_LENGTH 15u /* of any instruction (SDM 2, 2.3.11) */

#define REX      0x40u
#define REX_MASK 0xf0u
#define REX_W    8u
#define REX_R    4u

struct cursor {
	const uint8_t *code;
	size_t n;
	size_t at;
};

static bool take(struct cursor *c, uint8_t *byte)
{
	if (c->at >= c->n)
		return false;
	*byte = c->code[c->at++];
	return true;
}

static bool skip(struct cursor *c, size_t bytes)
{
	if (bytes > c->n - c->at)
		return false;
	c->at += bytes;
	return true;
}

/* Bytes of displacement of a memory operand (SDM 2, tables 2-2 and 2-3). False: cut off, or a register operand. */
static bool displacement(struct cursor *c, uint8_t modrm, size_t *bytes)
{
	uint8_t mode = modrm >> 6, rm = modrm & 7, sib = 0;

	if (mode == 3)
		return false;
	if (rm == 4 && !take(c, &sib))
		return false;
	if (mode == 1)
		*bytes = 1;
	else if (mode == 2 || rm == 5 || (rm == 4 && (sib & 7) == 5))
		*bytes = 4;
	else
		*bytes = 0;
	return true;
}

/* ModRM, SIB and displacement. */
static bool take_operand(struct cursor *c, uint8_t *modrm)
{
	size_t bytes;

	return take(c, modrm) && displacement(c, *modrm, &bytes) && skip(c, bytes);
}

static bool take_immediate(struct cursor *c, uint64_t *value)
{
	uint32_t low = 0;

	for (unsigned int shift = 0; shift < 32; shift += 8) {
		uint8_t byte;

		if (!take(c, &byte))
			return false;
		low |= (uint32_t)byte << shift;
	}
	*value = (uint64_t)(int64_t)(int32_t)low;
	return true;
}

static bool register_form(struct cursor *c, uint8_t rex, struct qv_mov *mov)
{
	uint8_t modrm;

	if (!take_operand(c, &modrm))
		return false;
	mov->reg = (uint8_t)(((modrm >> 3) & 7) | (rex & REX_R ? 8 : 0));
	return true;
}

static bool immediate_form(struct cursor *c, struct qv_mov *mov)
{
	uint8_t modrm;

	if (!take_operand(c, &modrm) || ((modrm >> 3) & 7) != 0)
		return false;
	mov->immediate = true;
	return take_immediate(c, &mov->value);
}

static bool decode_opcode(struct cursor *c, uint8_t opcode, uint8_t rex, struct qv_mov *mov)
{
	switch (opcode) {
	case 0x89:
		mov->store = true;
		return register_form(c, rex, mov);
	case 0x8b:
		return register_form(c, rex, mov);
	case 0xa3:
		mov->store = true;
		return skip(c, 8);
	case 0xa1:
		return skip(c, 8);
	case 0xc7:
		mov->store = true;
		return immediate_form(c, mov);
	}
	return false;
}

bool qv_mov_decode(const uint8_t *code, size_t n, struct qv_mov *mov)
{
	struct cursor c = { .code = code, .n = n < MAX_LENGTH ? n : MAX_LENGTH };
	struct qv_mov found = { 0 };
	uint8_t opcode, rex = 0;

	if (!take(&c, &opcode))
		return false;
	if ((opcode & REX_MASK) == REX) {
		rex = opcode;
		if (!take(&c, &opcode))
			return false;
	}
	if (!decode_opcode(&c, opcode, rex, &found))
		return false;
	found.size = rex & REX_W ? 8 : 4;
	found.length = (uint8_t)c.at;
	*mov = found;
	return true;
}
