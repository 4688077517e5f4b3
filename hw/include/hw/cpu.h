/* SPDX-License-Identifier: MIT */
/* Privileged instructions as inline functions. The only header with inline assembly below boot, monitor and kernel. */
#ifndef HW_CPU_H
#define HW_CPU_H

#include <abi/types.h>

struct hw_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct hw_cpuid hw_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct hw_cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

/* The number is passed as 64 bits so that the upper half of RCX is zero: processors ignore it, but QEMU 10 uses all of
 * RCX to index an MSR bitmap and so misses the intercept. */
static inline uint64_t hw_rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"((uint64_t)msr) : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void hw_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"((uint64_t)msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t hw_rdtsc(void)
{
	uint64_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory"); /* clears the upper halves */
	return high << 32 | low;
}

static inline void hw_xsetbv(uint32_t index, uint64_t value)
{
	__asm__ volatile("xsetbv" : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#define HW_CR_ACCESSORS(n) \
	static inline uint64_t hw_read_cr##n(void) \
	{ \
		uint64_t v; \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory"); \
		return v; \
	} \
	static inline void hw_write_cr##n(uint64_t v) \
	{ \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory"); \
	}
HW_CR_ACCESSORS(0)
HW_CR_ACCESSORS(2)
HW_CR_ACCESSORS(3)
HW_CR_ACCESSORS(4)
#undef HW_CR_ACCESSORS

#define HW_DR_ACCESSORS(n) \
	static inline uint64_t hw_read_dr##n(void) \
	{ \
		uint64_t v; \
		__asm__ volatile("mov %%dr" #n ", %0" : "=r"(v) : : "memory"); \
		return v; \
	} \
	static inline void hw_write_dr##n(uint64_t v) \
	{ \
		__asm__ volatile("mov %0, %%dr" #n : : "r"(v) : "memory"); \
	}
HW_DR_ACCESSORS(0)
HW_DR_ACCESSORS(1)
HW_DR_ACCESSORS(2)
HW_DR_ACCESSORS(3)
HW_DR_ACCESSORS(6)
HW_DR_ACCESSORS(7)
#undef HW_DR_ACCESSORS

static inline void hw_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void hw_barrier(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline void hw_mfence(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

static inline void hw_cli(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void hw_sti(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void hw_hlt(void)
{
	__asm__ volatile("hlt" : : : "memory");
}

/* Enable interrupts and sleep with no window between: an interrupt that is pending wakes at once. */
static inline void hw_sti_hlt(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

static inline void hw_invlpg(uint64_t address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

_Noreturn static inline void hw_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

#endif
