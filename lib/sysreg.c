/* SPDX-License-Identifier: MIT */
/* Checks of guest writes to system registers: see the header. */
#include <lib/sysreg.h>

#define XCR0_X87    (1ull << 0)
#define XCR0_SSE    (1ull << 1)
#define XCR0_AVX    (1ull << 2)
#define XCR0_MPX    (3ull << 3)
#define XCR0_AVX512 (7ull << 5)
#define XCR0_AMX    (3ull << 17)

static bool all_or_none(uint64_t value, uint64_t group)
{
	return (value & group) == 0 || (value & group) == group;
}

bool qv_xcr0_valid(uint64_t value, uint64_t supported)
{
	if ((value & ~supported) != 0 || (value & XCR0_X87) == 0)
		return false;
	if ((value & XCR0_AVX) != 0 && (value & XCR0_SSE) == 0)
		return false;
	if ((value & XCR0_AVX512) != 0 && (value & XCR0_AVX) == 0)
		return false;
	return all_or_none(value, XCR0_MPX) && all_or_none(value, XCR0_AVX512) && all_or_none(value, XCR0_AMX);
}

bool qv_pat_valid(uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		uint64_t type = value >> (8 * i) & 0xffu;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)

bool qv_efer_write(uint64_t current, uint64_t *value, uint64_t writable, bool paging)
{
	if ((*value & ~(writable | EFER_LMA)) != 0)
		return false;
	if (paging && ((*value ^ current) & EFER_LME) != 0)
		return false;
	*value = (*value & ~EFER_LMA) | (current & EFER_LMA);
	return true;
}

#define SVR_BITS     0x3ffu /* vector, enable, focus checking */
#define SVR_SUPPRESS (1u << 12)

bool qv_svr_valid(uint64_t value, bool suppress)
{
	return (value & ~(uint64_t)(SVR_BITS | (suppress ? SVR_SUPPRESS : 0))) == 0;
}

#define LVT_VECTOR    0xffu
#define LVT_MODE      0x700u
#define LVT_MODE_NMI    0x400u
#define LVT_MODE_EXTINT 0x700u
#define LVT_READ_ONLY ((1u << 12) | (1u << 14)) /* delivery status, remote IRR */
#define LVT_POLARITY  (1u << 13)
#define LVT_LEVEL     (1u << 15)
#define LVT_MASKED    (1u << 16)
#define LVT_TIMER_MODE (3u << 17)
#define LVT_TIMER_DEADLINE (2u << 17)

struct lvt_kind {
	uint32_t msr;
	uint32_t index;    /* position in the LVT: exists if <= caps->last */
	uint32_t writable; /* bits that may be set */
};

static const struct lvt_kind kinds[] = {
	{ 0x82f, 6, LVT_VECTOR | LVT_MODE | LVT_MASKED },                          /* CMCI */
	{ 0x832, 0, LVT_VECTOR | LVT_MASKED | LVT_TIMER_MODE },                    /* timer */
	{ 0x833, 5, LVT_VECTOR | LVT_MODE | LVT_MASKED },                          /* thermal */
	{ 0x834, 4, LVT_VECTOR | LVT_MODE | LVT_MASKED },                          /* performance counters */
	{ 0x835, 1, LVT_VECTOR | LVT_MODE | LVT_POLARITY | LVT_LEVEL | LVT_MASKED }, /* LINT0 */
	{ 0x836, 2, LVT_VECTOR | LVT_MODE | LVT_POLARITY | LVT_LEVEL | LVT_MASKED }, /* LINT1 */
	{ 0x837, 3, LVT_VECTOR | LVT_MASKED },                                     /* error */
};

static const struct lvt_kind *lvt_kind(uint32_t msr)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].msr == msr)
			return &kinds[i];
	}
	return NULL;
}

static bool timer_mode_exists(uint64_t value, bool tsc_deadline)
{
	uint64_t mode = value & LVT_TIMER_MODE;

	return mode < LVT_TIMER_DEADLINE || (mode == LVT_TIMER_DEADLINE && tsc_deadline);
}

enum qv_lvt_verdict qv_lvt_write(uint32_t msr, uint64_t *value, const struct qv_lvt_caps *caps)
{
	const struct lvt_kind *kind = lvt_kind(msr);
	uint64_t wanted = *value & ~(uint64_t)LVT_READ_ONLY;
	uint64_t mode = wanted & LVT_MODE;

	if (kind == NULL || kind->index > caps->last || (wanted & ~(uint64_t)kind->writable) != 0)
		return QV_LVT_REFUSE;
	if (!timer_mode_exists(wanted, caps->tsc_deadline))
		return QV_LVT_REFUSE;
	if (mode != 0 && mode != LVT_MODE_NMI && mode != LVT_MODE_EXTINT)
		return QV_LVT_REFUSE;
	*value = wanted;
	if (mode == 0 || (wanted & LVT_MASKED) != 0)
		return QV_LVT_ACCEPT;
	*value |= LVT_MASKED;
	return QV_LVT_MASK;
}
