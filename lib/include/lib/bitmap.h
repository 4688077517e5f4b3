/* SPDX-License-Identifier: MIT */
/* Intercept bitmaps of both vendors: layouts as data, one builder. A set bit means the access exits. */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <abi/types.h>

#ifndef QV_MSR_RANGE
#define QV_MSR_RANGE 8192u /* MSRs in each range of a bitmap; a compile-time parameter so that proofs can shrink it */
#endif
#define QV_SVM_MSRPM_BYTES (QV_MSR_RANGE) /* APM 2, 15.11: 2 bits an MSR, three ranges of four used */
#define QV_VMX_MSRBM_BYTES (QV_MSR_RANGE / 2) /* SDM 3, 25.6.9: read low, read high, write low, write high */
#define QV_SVM_IOPM_BYTES  12288u /* APM 2, 15.10: 64 Ki ports + 3 bits past the end; the rest set */
#define QV_VMX_IOBM_BYTES  8192u  /* SDM 3, 25.6.4 */

/* All accesses exit. */
void qv_bitmap_deny_all(uint8_t *map, size_t bytes);
/* Let reads and/or writes of one MSR through. False, and nothing changed, if the bitmap has no bit for it. */
bool qv_svm_msr_allow(uint8_t map[QV_SVM_MSRPM_BYTES], uint32_t msr, bool read, bool write);
bool qv_vmx_msr_allow(uint8_t map[QV_VMX_MSRBM_BYTES], uint32_t msr, bool read, bool write);
/* Would the access exit? MSRs without a bit always do. */
bool qv_svm_msr_exits(const uint8_t map[QV_SVM_MSRPM_BYTES], uint32_t msr, bool write);
bool qv_vmx_msr_exits(const uint8_t map[QV_VMX_MSRBM_BYTES], uint32_t msr, bool write);
/* Ports [first, last], inclusive; first <= last. Same layout for both vendors. */
void qv_io_allow(uint8_t *map, size_t bytes, uint16_t first, uint16_t last);
bool qv_io_exits(const uint8_t *map, size_t bytes, uint16_t port);

#endif
