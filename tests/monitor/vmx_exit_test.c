/* SPDX-License-Identifier: MIT */
/*
 * A machine check through the real translation, exit table and record: no emulator delivers an intercepted one. VMREAD
 * and VMWRITE are replaced by a table; what lies beyond the record by notes that it was asked for.
 */
#include "fixture.h"

#define vmcs_read real_vmcs_read
#define vmcs_write real_vmcs_write
#include "../../monitor/vmx/vmx.h"
#undef vmcs_read
#undef vmcs_write

static uint64_t vmcs_read(enum vmcs_field field);
static void vmcs_write(enum vmcs_field field, uint64_t value) __attribute__((unused));
#include "../../monitor/vmx/exit.c"

#define CODE_MACHINE_CHECK_AT_ENTRY 41u /* SDM 3, appendix C */

static struct {
	uint32_t reason, event;
	unsigned reinjected;
} vmcs;

static uint64_t vmcs_read(enum vmcs_field field)
{
	switch (field) {
	case VMCS_EXIT_REASON: return vmcs.reason;
	case VMCS_EXIT_EVENT: return vmcs.event;
	case VMCS_GUEST_RIP: return 0x1234;
	default: return 0;
	}
}

static void vmcs_write(enum vmcs_field field, uint64_t value)
{
	(void)field, (void)value;
}

void vmx_reinject(void)
{
	vmcs.reinjected++;
}

void vmx_window_open(void)
{
}

static void exit_with(uint32_t reason, uint32_t event)
{
	struct mon_gprs gprs = { { 0 } };

	fixture_begin();
	vmcs.reason = reason;
	vmcs.event = event;
	mon_exit_entry(&gprs);
}

static void machine_check_ends_the_life(void **state)
{
	(void)state;
	exit_with(0, VMX_EVENT_VALID | VMX_EVENT_EXCEPTION | 18);
	fixture_expect_fault(QV_EXIT_MACHINE_CHECK, 0, 0x1234);
}

static void machine_check_at_entry_ends_the_life(void **state)
{
	(void)state;
	exit_with(CODE_MACHINE_CHECK_AT_ENTRY, 0);
	fixture_expect_fault(QV_EXIT_MACHINE_CHECK, CODE_MACHINE_CHECK_AT_ENTRY, 0x1234);
}

static void debug_trap_does_not(void **state)
{
	(void)state;
	exit_with(0, VMX_EVENT_VALID | VMX_EVENT_EXCEPTION | 1);
	fixture_expect_injected(1);
}

static void unknown_code_ends_the_life(void **state)
{
	(void)state;
	exit_with(200, 0);
	fixture_expect_fault(QV_EXIT_UNKNOWN, 200, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_check_ends_the_life), cmocka_unit_test(machine_check_at_entry_ends_the_life),
		cmocka_unit_test(debug_trap_does_not), cmocka_unit_test(unknown_code_ends_the_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
