/* SPDX-License-Identifier: MIT */
/* Processor features: CPUID here and nowhere later, since it may leave the sandbox. */
#include <base/features.h>
#include <base/init.h>
#include <base/panic.h>
#include <hw/cpu.h>
#include <lib/string.h>

#define CR0_MP (1ull << 1)
#define CR0_EM (1ull << 2)
#define CR0_TS (1ull << 3)
#define CR0_NE (1ull << 5)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_FSGSBASE   (1ull << 16)
#define CR4_OSXSAVE    (1ull << 18)
#define CR4_SMEP       (1ull << 20)
#define CR4_SMAP       (1ull << 21)
#define LEAF1_ECX_XSAVE (1u << 26)
#define LEAF7_EBX_FSGSBASE (1u << 0)
#define LEAF7_EBX_SMEP     (1u << 7)
#define LEAF7_EBX_SMAP     (1u << 20)
#define LEAF13_EAX_XSAVEOPT (1u << 0)
#define XCR0_KERNEL_KNOWS 0xe7ull /* x87, SSE, AVX, AVX-512 */
#define XCR0_AVX512 0xe0ull
#define SITE_BYTES 3u

extern uint8_t *const patch_stac_start[], *const patch_stac_end[], *const patch_clac_start[], *const patch_clac_end[];

struct cpu_features features_found;

INIT static void patch(uint8_t *const *from, uint8_t *const *to, const uint8_t *code)
{
	for (; from < to; from++)
		memcpy(*from, code, SITE_BYTES);
}

INIT static void patch_smap(void)
{
	static const uint8_t stac[SITE_BYTES] = {0x0f, 0x01, 0xcb}, clac[SITE_BYTES] = {0x0f, 0x01, 0xca};

	patch(patch_stac_start, patch_stac_end, stac);
	patch(patch_clac_start, patch_clac_end, clac);
}

INIT void features_init(void)
{
	struct hw_cpuid leaf7 = {0};

	if (!(hw_cpuid(1, 0).ecx & LEAF1_ECX_XSAVE))
		panic("this processor has no XSAVE; Quest needs one made after 2011");
	if (hw_cpuid(0, 0).eax >= 7)
		leaf7 = hw_cpuid(7, 0);
	features_found.fsgsbase = leaf7.ebx & LEAF7_EBX_FSGSBASE;
	features_found.smep = leaf7.ebx & LEAF7_EBX_SMEP;
	features_found.smap = leaf7.ebx & LEAF7_EBX_SMAP;
	features_found.xsaveopt = hw_cpuid(13, 1).eax & LEAF13_EAX_XSAVEOPT;
	features_found.xcr0 = hw_cpuid(13, 0).eax & XCR0_KERNEL_KNOWS;
	if ((features_found.xcr0 & XCR0_AVX512) != XCR0_AVX512)
		features_found.xcr0 &= ~XCR0_AVX512;
	if (features_found.smap)
		patch_smap();
}

INIT void features_enable(void)
{
	uint64_t cr4 = hw_read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;

	cr4 |= features_found.fsgsbase ? CR4_FSGSBASE : 0;
	cr4 |= features_found.smep ? CR4_SMEP : 0;
	cr4 |= features_found.smap ? CR4_SMAP : 0;
	hw_write_cr0((hw_read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE);
	hw_write_cr4(cr4);
	hw_xsetbv(0, features_found.xcr0);
	features_found.xsave_bytes = hw_cpuid(13, 0).ebx;
}
