/* SPDX-License-Identifier: MIT */
/* The other cores: start by INIT-SIPI-SIPI (SDM 3, 9.4.4.1), one at a time; then they sleep until they get a job. */
#include "boot.h"

#include <hw/apic.h>
#include <lib/assert.h>
#include <lib/string.h>

#define STACK_BYTES 16384u
#define START_US    1000000u /* how long a core may take to come up */
#define SIPI_US     200u
#define INIT_US          10000u
#define INIT_US_EMULATED 100u

enum core_state { CORE_OFF = 0, CORE_PARKED, CORE_BUSY };

struct core {
	volatile uint32_t state; /* enum core_state */
	void (*fn)(void *arg);
	void *arg;
	const char *lacks, *remedy; /* result of its own check */
};

extern const uint8_t boot_trampoline[], boot_trampoline_end[];
extern uint64_t boot_ap_stack;
_Noreturn void boot_ap_main(void);

static struct core cores[QV_MAX_CORES];
static uint8_t stacks[QV_MAX_CORES][STACK_BYTES] __attribute__((aligned(16)));
static volatile uint32_t starting; /* ordinal of the core that is being started */

static void set_state(struct core *core, enum core_state state)
{
	__atomic_store_n(&core->state, state, __ATOMIC_RELEASE);
}

static uint32_t get_state(const struct core *core)
{
	return __atomic_load_n(&core->state, __ATOMIC_ACQUIRE);
}

/* Jobs are looked at only after the wake-up interrupt was taken, so that none is left pending for the sandbox. */
_Noreturn static void park(struct core *self)
{
	for (;;) {
		set_state(self, CORE_PARKED);
		do {
			hw_sti_hlt();
			hw_cli();
		} while (get_state(self) != CORE_BUSY);
		self->fn(self->arg);
	}
}

/* First C code on each further core. */
_Noreturn void boot_ap_main(void)
{
	struct boot_machine *m = &boot_machine;
	struct core *self = &cores[starting];

	boot_load_traps();
	self->lacks = boot_check_core(m, &self->remedy);
	if (self->lacks) {
		set_state(self, CORE_PARKED);
		hw_stop();
	}
	boot_enable_apic();
	if (hw_apic_id() != m->madt.cpu[starting]) {
		self->lacks = "its APIC id is not what ACPI says";
		self->remedy = "update the firmware of this machine";
	}
	park(self);
}

static bool wait_state(const struct boot_machine *m, const struct core *core, enum core_state state, uint64_t us)
{
	uint64_t start = hw_rdtsc(), cycles = m->tsc_hz / 1000000 * us;

	while (get_state(core) != state) {
		if (hw_rdtsc() - start > cycles)
			return false;
		hw_pause();
	}
	return true;
}

static void choose_trampoline(struct boot_machine *m)
{
	/* Page 0 holds the BIOS data area; everything of the boot loader has been read by now. */
	if (!qv_memmap_find(&m->map, QV_PAGE_SIZE, 0xa0000, QV_PAGE_SIZE, QV_PAGE_SIZE, NULL, 0, &m->trampoline))
		boot_refuse("update the firmware of this machine", "no free page below 640 KiB to start cores in");
	memcpy((void *)(uintptr_t)m->trampoline, boot_trampoline, (size_t)(boot_trampoline_end - boot_trampoline));
}

static void start_core(struct boot_machine *m, uint32_t ordinal)
{
	uint32_t apic_id = m->madt.cpu[ordinal];
	uint32_t sipi = HW_ICR_SIPI | (uint32_t)(m->trampoline / QV_PAGE_SIZE);
	struct core *core = &cores[ordinal];

	boot_ap_stack = (uint64_t)(uintptr_t)(stacks[ordinal] + STACK_BYTES);
	starting = ordinal;
	hw_mfence();
	hw_apic_send(apic_id, HW_ICR_INIT);
	boot_delay_us(m, m->info_flags & QV_INFO_EMULATED ? INIT_US_EMULATED : INIT_US);
	hw_apic_send(apic_id, sipi);
	if (!wait_state(m, core, CORE_PARKED, SIPI_US)) {
		hw_apic_send(apic_id, sipi);
		if (!wait_state(m, core, CORE_PARKED, boot_patience(m, START_US)))
			boot_refuse("use fewer cores in the system file, or update the firmware of this machine",
				    "core %u (APIC id %u) does not start", ordinal, apic_id);
	}
	if (core->lacks)
		boot_refuse(core->remedy, "core %u (APIC id %u): %s", ordinal, apic_id, core->lacks);
}

/* ---- jobs ---- */

void boot_on_core(uint32_t ordinal, void (*fn)(void *arg), void *arg)
{
	struct core *core = &cores[ordinal];

	assert(ordinal > 0 && ordinal < QV_MAX_CORES && get_state(core) == CORE_PARKED);
	core->fn = fn;
	core->arg = arg;
	set_state(core, CORE_BUSY);
	hw_mfence();
	hw_apic_send(boot_machine.madt.cpu[ordinal], HW_ICR_FIXED | BOOT_WAKE_VECTOR);
}

bool boot_wait_core(const struct boot_machine *m, uint32_t ordinal, uint64_t us)
{
	return wait_state(m, &cores[ordinal], CORE_PARKED, us);
}

void boot_reset_core(const struct boot_machine *m, uint32_t ordinal)
{
	hw_apic_send(m->madt.cpu[ordinal], HW_ICR_INIT);
	set_state(&cores[ordinal], CORE_OFF);
}

void boot_start_cores(struct boot_machine *m)
{
	choose_trampoline(m);
	for (uint32_t i = m->core_count; i < m->madt.cpu_count; i++)
		hw_apic_send(m->madt.cpu[i], HW_ICR_INIT);
	for (uint32_t i = 1; i < m->core_count; i++)
		start_core(m, i);
	boot_compare_tscs(m);
	boot_log("%u of %u core%s started%s\n", m->core_count, m->physical_cores, boot_plural(m->physical_cores),
		 m->core_count == 1 ? "" : ", their TSCs agree");
}
