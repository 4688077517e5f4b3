/* SPDX-License-Identifier: MIT */
#include <base/boot.h>
#include <base/init.h>
#include <base/layout.h>
#include <base/stats.h>
#include <lib/assert.h>
#include <lib/string.h>

static struct qv_stats unseen;
static struct qv_stats *page = &unseen;

INIT void stats_init(void)
{
	const struct qv_info *info = boot_info();

	if (info->slice_gpa) {
		page = (struct qv_stats *)(SLICE_BASE + QV_SLICE_STATS_OFF);
		memset(page, 0, QV_STATS_BYTES);
	}
	page->version = QV_STATS_VERSION;
	page->cores = info->core_count;
	page->tsc_hz = info->tsc_hz;
	__atomic_store_n(&page->magic, QV_STATS_MAGIC, __ATOMIC_RELEASE);
}

struct qv_stats *stats_page(void)
{
	return page;
}

struct qv_stats_vcpu *stats_vcpu(uint32_t core, uint32_t id)
{
	uint32_t cores = page->cores;

	assert(cores > 0 && core < cores);
	if (page == &unseen || id >= qv_stats_room(cores))
		return NULL;
	return (struct qv_stats_vcpu *)((uint8_t *)page + qv_stats_place(cores, core, id));
}
