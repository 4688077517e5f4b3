/* SPDX-License-Identifier: MIT */
/* From boot code's jump to the first guest instruction. */
#include "mon.h"

#include <hw/cpu.h>

struct mon mon;
struct mon_gprs mon_start_gprs;

#define CR0_RUN 0x80010033ull /* PG WP NE ET MP PE; TS and EM clear, or XRSTOR would fault */
#define CR4_PAE (1ull << 5)
#define CR4_MCE (1ull << 6)
#define CR4_OSFXSR  (1ull << 9)
#define CR4_OSXSAVE (1ull << 18)
#define ECX_XSAVE   (1u << 26)

/* Boot code's page, where the jump came from, goes out of reach. */
static void drop_boot_mapping(const struct qv_handover *h)
{
	*(volatile uint64_t *)h->pml4_va = 0;
	hw_write_cr3(hw_read_cr3());
}

/* Known values, whatever boot code left. VMXE is set later by the back end that needs it. */
static void set_control_registers(void)
{
	uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR;

	if ((hw_cpuid(1, 0).ecx & ECX_XSAVE) != 0)
		cr4 |= CR4_OSXSAVE;
	hw_write_cr4(cr4);
	hw_write_cr0(CR0_RUN);
}

static void find_own_things(const struct qv_handover *h)
{
	mon.handover = h;
	mon.sandbox = &h->all[h->sandbox];
	mon.page = h->own_page;
	mon.outbox = &h->outbox[h->core];
	mon.gprs = &mon_start_gprs;
	mon.primary = h->core == h->first_core;
}

_Noreturn void mon_main(struct qv_handover *handover)
{
	const char *failure;

	drop_boot_mapping(handover);
	set_control_registers();
	find_own_things(handover);
	mon_trap_init();
	mon_record_init();
	if (handover->magic != QV_HANDOVER_MAGIC || handover->version != QV_HANDOVER_VERSION)
		mon_panic("hand-over version %u of magic %llx is not for this monitor", handover->version,
			(unsigned long long)handover->magic);
	failure = mon_backend_init(handover);
	if (failure != NULL)
		mon_panic("core %u: %s", handover->core, failure);
	mon_state_init();
	mon_sysreg_init();
	mon_life_begin();
	mon_backend_run();
}
