/* SPDX-License-Identifier: MIT */
/*
 * A machine check through the real translation, exit table and record: no emulator delivers an intercepted one. What
 * lies beyond (the end of a life, the world switch) is replaced by notes that it was asked for.
 */
#include "../../monitor/svm/svm.h"

#include "fixture.h"

#define CODE_MACHINE_CHECK 0x52u /* exception 18 (APM 2, appendix C) */

struct svm svm;
volatile uint32_t svm_registers_changed;
static struct svm_vmcb vmcb;

void svm_deliver_nmi(void)
{
}

static void exit_with(uint64_t code)
{
	fixture_begin();
	memset(&vmcb, 0, sizeof vmcb);
	svm = (struct svm){ .vmcb = &vmcb };
	vmcb.exit_code = code;
	vmcb.exit_info[0] = 5;
	vmcb.rip = 0x1234;
	svm_exit();
}

static void machine_check_ends_the_life(void **state)
{
	(void)state;
	exit_with(CODE_MACHINE_CHECK);
	fixture_expect_fault(QV_EXIT_MACHINE_CHECK, CODE_MACHINE_CHECK, 0x1234);
	assert_false(vmcb.inject_event & SVM_EVENT_VALID); /* the guest does not see it */
}

static void debug_trap_does_not(void **state)
{
	(void)state;
	exit_with(0x41);
	fixture_expect_injected(1);
}

static void unknown_code_ends_the_life(void **state)
{
	(void)state;
	exit_with(0x3ff);
	fixture_expect_fault(QV_EXIT_UNKNOWN, 0x3ff, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_check_ends_the_life), cmocka_unit_test(debug_trap_does_not),
		cmocka_unit_test(unknown_code_ends_the_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
