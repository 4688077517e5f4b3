/* SPDX-License-Identifier: MIT */
/* Extended state (SDM 1, chapter 13) and segment bases of ring 3. */
#include "hot.h"

#include <base/features.h>
#include <hw/cpu.h>
#include <hw/msr.h>
#include <lib/assert.h>
#include <lib/xsave.h>
#include <sched/registers.h>

uint64_t thread_xsave_features(void)
{
	return features()->xcr0;
}

void thread_xsave_save(void *area)
{
	uint64_t mask = features()->xcr0;

	/* XSAVE leaves the header's other words alone; XRSTOR wants them zero. */
	qv_xsave_clear_header(area);
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}

void thread_xsave_load(void *area)
{
	uint64_t mask = features()->xcr0;

	qv_xsave_correct(area, mask);
	__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory");
}

uint64_t thread_fs_base(void)
{
	return hw_rdmsr(HW_MSR_FS_BASE);
}

uint64_t thread_gs_base(void)
{
	return hw_rdmsr(HW_MSR_KERNEL_GS); /* swapped while the kernel runs */
}

void thread_set_bases(uint64_t fs, uint64_t gs)
{
	struct thread *t = thread_self();

	t->fs_base = fs;
	t->gs_base = gs;
	hw_wrmsr(HW_MSR_FS_BASE, fs);
	hw_wrmsr(HW_MSR_KERNEL_GS, gs);
}

void thread_set_root(uint64_t root)
{
	assert(thread_self()->xsave);
	thread_self()->root = root;
	if (root != hw_read_cr3())
		hw_write_cr3(root);
}

uint64_t thread_consumed(const struct thread *t)
{
	if (t == thread_self())
		account(this_core(), hw_rdtsc());
	return t->consumed;
}
