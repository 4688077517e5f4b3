/* SPDX-License-Identifier: MIT */
/* Intercept bitmaps. A set bit means exit, so every error on the way here leaves the access closed. */
#include <lib/assert.h>
#include <lib/bitmap.h>

#define RANGE_MSRS QV_MSR_RANGE
#define LOW_BASE   0x00000000u
#define HIGH_BASE  0xc0000000u
#define AMD_BASE   0xc0010000u
#define NO_BIT     UINT32_MAX

_Static_assert(QV_MSR_RANGE != 8192 || (QV_SVM_MSRPM_BYTES == 8192 && QV_VMX_MSRBM_BYTES == 4096), "sizes of the maps");
_Static_assert(3 * RANGE_MSRS * 2 / 8 <= QV_SVM_MSRPM_BYTES, "three ranges of two bits an MSR");
_Static_assert(4 * RANGE_MSRS / 8 == QV_VMX_MSRBM_BYTES, "two ranges of one bit, for reads and for writes");
_Static_assert(QV_VMX_IOBM_BYTES * 8 == 65536, "one bit a port");

void qv_bitmap_deny_all(uint8_t *map, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		map[i] = 0xff;
}

static void clear_bit(uint8_t *map, uint32_t bit)
{
	map[bit / 8] = (uint8_t)(map[bit / 8] & (0xffu ^ (1u << bit % 8)));
}

static bool bit_set(const uint8_t *map, uint32_t bit)
{
	return (map[bit / 8] & (1u << bit % 8)) != 0;
}

static bool in_range(uint32_t msr, uint32_t base)
{
	return msr - base < RANGE_MSRS;
}

/* Bit of an access in the permission map of AMD-V, NO_BIT if the MSR is in none of its ranges. */
static uint32_t svm_bit(uint32_t msr, bool write)
{
	uint32_t slot;

	if (in_range(msr, LOW_BASE))
		slot = msr - LOW_BASE;
	else if (in_range(msr, HIGH_BASE))
		slot = RANGE_MSRS + msr - HIGH_BASE;
	else if (in_range(msr, AMD_BASE))
		slot = 2 * RANGE_MSRS + msr - AMD_BASE;
	else
		return NO_BIT;
	return slot * 2 + write;
}

/* The same for VT-x. */
static uint32_t vmx_bit(uint32_t msr, bool write)
{
	uint32_t slot;

	if (in_range(msr, LOW_BASE))
		slot = msr - LOW_BASE;
	else if (in_range(msr, HIGH_BASE))
		slot = RANGE_MSRS + msr - HIGH_BASE;
	else
		return NO_BIT;
	return slot + (write ? 2 * RANGE_MSRS : 0);
}

bool qv_svm_msr_allow(uint8_t map[QV_SVM_MSRPM_BYTES], uint32_t msr, bool read, bool write)
{
	if (svm_bit(msr, false) == NO_BIT)
		return false;
	if (read)
		clear_bit(map, svm_bit(msr, false));
	if (write)
		clear_bit(map, svm_bit(msr, true));
	return true;
}

bool qv_vmx_msr_allow(uint8_t map[QV_VMX_MSRBM_BYTES], uint32_t msr, bool read, bool write)
{
	if (vmx_bit(msr, false) == NO_BIT)
		return false;
	if (read)
		clear_bit(map, vmx_bit(msr, false));
	if (write)
		clear_bit(map, vmx_bit(msr, true));
	return true;
}

bool qv_svm_msr_exits(const uint8_t map[QV_SVM_MSRPM_BYTES], uint32_t msr, bool write)
{
	uint32_t bit = svm_bit(msr, write);

	return bit == NO_BIT || bit_set(map, bit);
}

bool qv_vmx_msr_exits(const uint8_t map[QV_VMX_MSRBM_BYTES], uint32_t msr, bool write)
{
	uint32_t bit = vmx_bit(msr, write);

	return bit == NO_BIT || bit_set(map, bit);
}

void qv_io_allow(uint8_t *map, size_t bytes, uint16_t first, uint16_t last)
{
	assert(first <= last);
	for (uint32_t port = first; port <= last && port / 8 < bytes; port++)
		clear_bit(map, port);
}

bool qv_io_exits(const uint8_t *map, size_t bytes, uint16_t port)
{
	return port / 8u >= bytes || bit_set(map, port);
}
