/* SPDX-License-Identifier: MIT */
/* Interrupts to cores of others, and kinds of interrupts that nobody may send. */
#include "attacks.h"

#include <hw/apic.h>

#define VECTOR 0x50u
#define LOGICAL (1u << 11)
#define LOWEST  0x100u
#define SMI     0x200u
#define EXTINT  0x700u
#define TO_SELF   (1u << 18)
#define TO_OTHERS (3u << 18)
#define BROADCAST 0xffffffff00000000ull
#define WAIT_US 100000u

static volatile uint64_t seen;

static void on_interrupt(struct guest_frame *frame)
{
	(void)frame;
	seen++;
}

/* Argument: low half of the ICR; sent to a foreign core. */
static uint64_t to_foreign(uint64_t command)
{
	hw_wrmsr(HW_X2_ICR, (uint64_t)attacker_foreign_core() << 32 | command);
	return 0;
}

static uint64_t to_foreign_logical(uint64_t command)
{
	uint32_t id = attacker_foreign_core();
	uint64_t destination = (uint64_t)(id >> 4) << 16 | 1u << (id & 15);

	hw_wrmsr(HW_X2_ICR, destination << 32 | LOGICAL | command);
	return 0;
}

static uint64_t raw(uint64_t icr)
{
	hw_wrmsr(HW_X2_ICR, icr);
	return 0;
}

static uint64_t to_self(uint64_t command)
{
	hw_wrmsr(HW_X2_ICR, (uint64_t)guest_info->apic_id[0] << 32 | command);
	return 0;
}

/* Must reach this core, since a sandbox believes its cores are all there are. */
static uint64_t arrives_here(uint64_t icr)
{
	bool arrived;

	seen = 0;
	guest_on(VECTOR, on_interrupt);
	guest_enable_apic();
	hw_wrmsr(HW_X2_ICR, icr);
	hw_sti();
	arrived = guest_wait(&seen, 1, WAIT_US);
	hw_cli();
	return arrived ? 0 : 1;
}

static uint64_t nmi_arrives_here(uint64_t unused)
{
	(void)unused;
	seen = 0;
	guest_on(2, on_interrupt);
	hw_wrmsr(HW_X2_ICR, (uint64_t)guest_info->apic_id[0] << 32 | HW_ICR_NMI);
	return guest_wait(&seen, 1, WAIT_US) ? 0 : 1;
}

#define STOP EVERYWHERE(STOPPED), QV_EXIT_ICR, false
#define LIVE EVERYWHERE(SURVIVES), 0, false

static const struct attack attacks[] = {
	{"IPI to a foreign core", to_foreign, HW_ICR_FIXED | VECTOR, STOP},
	{"NMI to a foreign core", to_foreign, HW_ICR_NMI, STOP},
	{"INIT to a foreign core", to_foreign, HW_ICR_INIT, STOP},
	{"SIPI to a foreign core", to_foreign, HW_ICR_SIPI | 8, STOP},
	{"SMI to a foreign core", to_foreign, SMI, STOP},
	{"lowest-priority IPI to a foreign core", to_foreign, LOWEST | VECTOR, STOP},
	{"external interrupt to a foreign core", to_foreign, EXTINT, STOP},
	{"logical IPI to a foreign core", to_foreign_logical, VECTOR, STOP},
	{"logical NMI to a foreign core", to_foreign_logical, HW_ICR_NMI, STOP},
	{"logical IPI to a whole cluster", raw, 0x0000ffffull << 32 | LOGICAL | VECTOR, STOP},
	{"IPI to an absent core", raw, 0x1234ull << 32 | VECTOR, STOP},
	{"SMI to everyone", raw, BROADCAST | SMI, STOP},
	{"SMI to self", to_self, SMI, STOP},
	{"reserved bits", raw, 1ull << 31 | VECTOR, STOP},
	{"vector below 16", to_self, 3, STOP},
	{"INIT to all others reaches nobody", raw, TO_OTHERS | HW_ICR_INIT, LIVE},
	{"NMI to all others reaches nobody", raw, TO_OTHERS | HW_ICR_NMI, LIVE},
	{"broadcast stays inside", arrives_here, BROADCAST | VECTOR, LIVE},
	{"shorthand self", arrives_here, TO_SELF | VECTOR, LIVE},
	{"NMI to self", nmi_arrives_here, 0, LIVE},
};
const struct attack_list attacks_ipi = {attacks, sizeof(attacks) / sizeof(attacks[0])};
