/* SPDX-License-Identifier: MIT */
/*
 * The IPI filter. A sandbox believes that its cores are all there are, so broadcasts and shorthands mean its own cores;
 * a destination that names any other core, existing or not, is refused.
 */
#include <lib/icr.h>

#define MODE_FIXED 0u
#define MODE_NMI   4u
#define MODE_INIT  5u
#define MODE_SIPI  6u

#define DEST_LOGICAL  (1u << 11)
#define LEVEL_ASSERT  (1u << 14)
#define TRIGGER_LEVEL (1u << 15)
#define RESERVED      0xfff33000u /* bits 12, 13, 16, 17 and 31:20 (SDM 3, figure 11-28) */
#define BROADCAST     0xffffffffu /* in both destination modes */
#define FIRST_VECTOR  16u         /* those below are illegal for interrupts */

enum shorthand { TO_DESTINATION = 0, TO_SELF = 1, TO_ALL = 2, TO_OTHERS = 3 };

_Static_assert(QV_MAX_CORES < 32, "targets are a 32-bit mask");

static uint32_t all_cores(const struct qv_icr_cores *cores)
{
	return (1u << cores->count) - 1;
}

/* Physical mode: the core with that APIC id, 0 if it is not an own one. */
static uint32_t physical_targets(uint32_t id, const struct qv_icr_cores *cores)
{
	for (uint32_t i = 0; i < cores->count; i++) {
		if (cores->apic_id[i] == id)
			return 1u << i;
	}
	return 0;
}

/* Logical mode: destination = cluster in bits 31:16, member bits in 15:0; the logical id of a core is fixed by its APIC
 * id (SDM 3, 11.12.10.2). False if a bit names no own core. */
static bool logical_targets(uint32_t destination, const struct qv_icr_cores *cores, uint32_t *targets)
{
	uint32_t unknown = destination & 0xffff;

	*targets = 0;
	for (uint32_t i = 0; i < cores->count; i++) {
		uint32_t member = 1u << (cores->apic_id[i] & 15);

		if (cores->apic_id[i] >> 4 == destination >> 16 && (destination & member)) {
			*targets |= 1u << i;
			unknown &= ~member;
		}
	}
	return unknown == 0;
}

static bool named_targets(uint64_t value, const struct qv_icr_cores *cores, uint32_t *targets)
{
	uint32_t destination = (uint32_t)(value >> 32);

	if (destination == BROADCAST) {
		*targets = all_cores(cores);
		return true;
	}
	if (value & DEST_LOGICAL)
		return logical_targets(destination, cores, targets);
	*targets = physical_targets(destination, cores);
	return *targets != 0;
}

/* Own cores that `value` addresses, possibly none. False: it names a core that is not an own one. */
static bool find_targets(uint64_t value, const struct qv_icr_cores *cores, uint32_t *targets)
{
	uint32_t self = 1u << cores->self;

	switch ((enum shorthand)((value >> 18) & 3)) {
	case TO_SELF:
		*targets = self;
		return true;
	case TO_ALL:
		*targets = all_cores(cores);
		return true;
	case TO_OTHERS:
		*targets = all_cores(cores) & ~self;
		return true;
	case TO_DESTINATION:
		break;
	}
	return named_targets(value, cores, targets);
}

/* What the delivery mode asks for; lowest priority, SMI, external and reserved modes are refused. */
static enum qv_icr_action mode_action(uint64_t value)
{
	uint8_t vector = (uint8_t)value;
	bool deassert = (value & TRIGGER_LEVEL) && !(value & LEVEL_ASSERT);

	switch ((value >> 8) & 7) {
	case MODE_FIXED:
		return vector >= FIRST_VECTOR ? QV_ICR_SEND : QV_ICR_REFUSE;
	case MODE_NMI:
		return QV_ICR_NMI;
	case MODE_INIT:
		return deassert ? QV_ICR_IGNORE : QV_ICR_INIT;
	case MODE_SIPI:
		return QV_ICR_SIPI;
	}
	return QV_ICR_REFUSE;
}

/* Only fixed interrupts may go to the sender by shorthand (SDM 3, table 11-4). */
static bool shorthand_valid(uint64_t value, enum qv_icr_action action)
{
	uint32_t shorthand = (value >> 18) & 3;

	return action == QV_ICR_SEND || (shorthand != TO_SELF && shorthand != TO_ALL);
}

struct qv_icr_decision qv_icr_decide(uint64_t value, const struct qv_icr_cores *cores)
{
	struct qv_icr_decision d = { .action = mode_action(value), .vector = (uint8_t)value };

	if (d.action == QV_ICR_IGNORE && !(value & RESERVED))
		return d;
	if ((value & RESERVED) || !shorthand_valid(value, d.action) || !find_targets(value, cores, &d.targets))
		d.action = QV_ICR_REFUSE;
	else if (d.action != QV_ICR_REFUSE && d.targets == 0)
		d.action = QV_ICR_IGNORE;
	if (d.action == QV_ICR_REFUSE)
		d.targets = 0;
	return d;
}
