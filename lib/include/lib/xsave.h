/* SPDX-License-Identifier: MIT */
/* XSAVE areas in the standard form (SDM 1, 13.4): what XRSTOR demands of one. */
#ifndef LIB_XSAVE_H
#define LIB_XSAVE_H

#include <abi/types.h>

#define QV_XSAVE_MXCSR_AT  24u
#define QV_XSAVE_HEADER_AT 512u
#define QV_XSAVE_HEADER    64u
#define QV_XSAVE_LEAST     (QV_XSAVE_HEADER_AT + QV_XSAVE_HEADER)

/* Zero the header: an area with nothing in it. `area` has at least QV_XSAVE_LEAST bytes. */
void qv_xsave_clear_header(void *area);
/* An area of a fresh program: all features in their initial state, FCW 0x37f, MXCSR 0x1f80. */
void qv_xsave_init(void *area);
/* Make any bytes acceptable to XRSTOR under `features` (XCR0): feature bits beyond them go, reserved header words and
 * MXCSR bits become 0. The register contents stay. */
void qv_xsave_correct(void *area, uint64_t features);

#endif
