/* SPDX-License-Identifier: MIT */
/* SDM 1, 13.4.2 (header), 13.8 (faults of XRSTOR), 10.2.3 (MXCSR). */
#include <lib/string.h>
#include <lib/xsave.h>

#define MXCSR_VALID 0xffffu
#define MXCSR_INIT  0x1f80u
#define FCW_INIT    0x037fu

void qv_xsave_clear_header(void *area)
{
	memset((uint8_t *)area + QV_XSAVE_HEADER_AT, 0, QV_XSAVE_HEADER);
}

void qv_xsave_init(void *area)
{
	uint16_t fcw = FCW_INIT;
	uint32_t mxcsr = MXCSR_INIT;

	memset(area, 0, QV_XSAVE_LEAST);
	memcpy(area, &fcw, sizeof(fcw));
	memcpy((uint8_t *)area + QV_XSAVE_MXCSR_AT, &mxcsr, sizeof(mxcsr));
}

void qv_xsave_correct(void *area, uint64_t features)
{
	uint8_t *header = (uint8_t *)area + QV_XSAVE_HEADER_AT;
	uint64_t present;
	uint32_t mxcsr;

	memcpy(&present, header, sizeof(present));
	present &= features;
	qv_xsave_clear_header(area);
	memcpy(header, &present, sizeof(present));
	memcpy(&mxcsr, (uint8_t *)area + QV_XSAVE_MXCSR_AT, sizeof(mxcsr));
	mxcsr &= MXCSR_VALID;
	memcpy((uint8_t *)area + QV_XSAVE_MXCSR_AT, &mxcsr, sizeof(mxcsr));
}
