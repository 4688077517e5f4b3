/* SPDX-License-Identifier: MIT */
/*
 * Access to ring-3 pages. Where the processor has SMAP, boot writes STAC or CLAC over the 3-byte no-operations that
 * these macros leave; elsewhere they stay as they are. An instruction that may fault in between needs EXTABLE
 * (base/extable.h).
 */
#ifndef BASE_SMAP_H
#define BASE_SMAP_H

#define SMAP_SITE(section) "881: .byte 0x0f, 0x1f, 0x00\n.pushsection " section ", \"a\"\n.quad 881b\n.popsection\n"
#define SMAP_OPEN  SMAP_SITE(".patch_stac") /* for inline assembly */
#define SMAP_CLOSE SMAP_SITE(".patch_clac")

/* Open and close ring-3 pages for this core; no call and no preemption point in between. */
static inline void smap_open(void)
{
	__asm__ volatile(SMAP_OPEN : : : "memory");
}

static inline void smap_close(void)
{
	__asm__ volatile(SMAP_CLOSE : : : "memory");
}

#endif
