/* SPDX-License-Identifier: MIT */
/* The other cores of a guest. */
#include "common.h"

#include <hw/apic.h>
#include <lib/string.h>

extern const uint8_t guest_trampoline[], guest_trampoline_end[], guest_trampoline_stack[]; /* entry.S */

static void (*volatile start_at)(void);
static volatile uint64_t started;  /* cores that ran guest_begin_core so far */
static volatile uint64_t released; /* of these, how many may go on */

_Noreturn void guest_begin_core(void)
{
	void (*run)(void) = start_at;

	uint64_t self;

	trap_load();
	self = __atomic_add_fetch(&started, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&released, __ATOMIC_ACQUIRE) < self)
		hw_pause(); /* a second start-up message that comes late would be an exit of this core */
	run();
	guest_sleep();
}

void guest_send(uint32_t apic_id, uint32_t command)
{
	hw_mfence();
	hw_apic_send(apic_id, command);
}

bool guest_start_core(unsigned index, void (*run)(void))
{
	uint64_t page = guest_info->trampoline_gpa, before = started;
	uint8_t *code = (uint8_t *)page;
	uint64_t top = (uint64_t)guest_stacks[index] + GUEST_STACK_BYTES;
	uint32_t sipi = HW_ICR_SIPI | (uint32_t)(page >> 12);

	memcpy(code, guest_trampoline, (size_t)(guest_trampoline_end - guest_trampoline));
	memcpy(code + (guest_trampoline_stack - guest_trampoline), &top, sizeof(top));
	start_at = run;
	guest_send(guest_info->apic_id[index], HW_ICR_INIT);
	guest_delay(10000);
	guest_send(guest_info->apic_id[index], sipi);
	if (!guest_wait(&started, before + 1, 20000)) {
		guest_send(guest_info->apic_id[index], sipi);
		if (!guest_wait(&started, before + 1, 20000000))
			return false;
	}
	__atomic_store_n(&released, before + 1, __ATOMIC_RELEASE);
	return true;
}
