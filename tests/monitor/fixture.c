/* SPDX-License-Identifier: MIT */
/* Stand-ins for all of a monitor but its exit table and its record. Each only notes that it was called. */
#include "fixture.h"

#include "../../monitor/common/mon.h"

#include <abi/call.h>

#define NOTHING (-1)

struct mon mon;
struct mon_gprs mon_start_gprs;
volatile uint32_t mon_nmi_seen;
mon_call *const mon_calls[QV_CALL_COUNT];

static struct qv_handover handover;
static struct qv_outbox outbox;
static struct qv_bb_core page;
static int ended, injected;

void fixture_begin(void)
{
	memset(&page, 0, sizeof page);
	handover.outbox = &outbox;
	outbox.launches = 3;
	mon = (struct mon){ .handover = &handover, .page = &page, .outbox = &outbox, .running = true, .primary = true };
	ended = injected = NOTHING;
}

void fixture_expect_fault(uint32_t reason, uint32_t code, uint64_t rip)
{
	assert_int_equal(page.exits[reason], 1);
	assert_int_equal(page.fault_count, 1);
	assert_int_equal(page.faults[0].sequence, 1);
	assert_int_equal(page.faults[0].reason, reason);
	assert_int_equal(page.faults[0].code, code);
	assert_int_equal(page.faults[0].rip, rip);
	assert_int_equal(page.faults[0].launch, 3);
	assert_int_equal(ended, QV_MAIL_FAULT);
	assert_int_equal(injected, NOTHING);
}

void fixture_expect_injected(uint8_t vector)
{
	assert_int_equal(page.fault_count, 0);
	assert_int_equal(ended, NOTHING);
	assert_int_equal(injected, vector);
}

void mon_life_end(enum qv_mail kind)
{
	ended = (int)kind;
	mon.running = false;
}

bool mon_life_settle(void)
{
	return true;
}

void mon_backend_inject(uint8_t vector, bool has_error, uint32_t error)
{
	(void)has_error, (void)error;
	injected = vector;
}

void mon_backend_kick_taken(void)
{
}

void mon_backend_skip(void)
{
}

void mon_backend_cpuid(struct mon_gprs *gprs)
{
	(void)gprs;
}

bool mon_backend_write_cr(uint8_t number, uint64_t value)
{
	(void)number, (void)value;
	return false;
}

#define UNUSED_HANDLER(name) \
	enum mon_verdict name(struct mon_gprs *g, const struct mon_exit *e) \
	{ \
		(void)g, (void)e; \
		return MON_FAULT; \
	}
UNUSED_HANDLER(mon_on_io)
UNUSED_HANDLER(mon_on_msr_read)
UNUSED_HANDLER(mon_on_msr_write)
UNUSED_HANDLER(mon_on_icr)
UNUSED_HANDLER(mon_on_nested)
UNUSED_HANDLER(mon_on_xsetbv)
