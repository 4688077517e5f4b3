/* SPDX-License-Identifier: MIT */
/*
 * What a sandbox meets when the monitor of a core has failed. A test damages monitors and a machine lock from outside
 * once every sandbox is ready. Arguments: role=calls (calls its monitor for ever), role=pair (core 1 calls its monitor
 * for ever, core 0 sends it NMIs), role=locked (reads PCI configuration until its lock is stuck, has the sandbox dead=K
 * restarted until that is refused, then has the sandbox owner=K restarted), role=owner (may have a device, which
 * then masters the bus).
 *
 * Result words: 0 = NMIs that core 1 took.
 */
#include <guest/guest.h>
#include <guest/pci.h>
#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/args.h>
#include <lib/string.h>

#define LIMIT_US 60000000u
#define LOCK_LIMIT_US 1900000u /* monitors wait for two seconds */
#define READS 100u
#define MEMORY_AND_MASTER 6u /* of the PCI command register */

static void call_for_ever(void)
{
	for (;;)
		(void)guest_call(QV_CALL_NULL, 0);
}

static void on_nmi(struct guest_frame *frame)
{
	(void)frame;
	++*guest_word(0);
}

/* The sandbox must end by this: core 1 does not answer any more. */
static void pair(void)
{
	*guest_word(0) = 0;
	guest_on(2, on_nmi);
	if (!guest_start_core(1, call_for_ever)) {
		guest_not_ok("core 1 starts", "it does not");
		return;
	}
	guest_call(QV_CALL_READY, 0);
	for (;;) {
		guest_send(guest_info->apic_id[1], HW_ICR_NMI);
		guest_delay(1000);
	}
}

static uint16_t own_function(void)
{
	for (uint16_t bdf = 0; bdf < 256; bdf++) {
		if (hw_pci_read(bdf, HW_PCI_ID) != UINT32_MAX)
			return bdf;
	}
	return GUEST_NO_FUNCTION;
}

static void check(bool good, const char *name, uint64_t value)
{
	if (good)
		guest_ok(name);
	else
		guest_not_ok(name, "%llu", (unsigned long long)value);
}

static void read_until_stuck(uint16_t bdf)
{
	uint64_t start = hw_rdtsc(), last;
	uint32_t good = 0;

	do
		last = hw_rdtsc();
	while (hw_pci_read(bdf, HW_PCI_ID) != UINT32_MAX && hw_rdtsc() - start < guest_cycles(LIMIT_US));
	check(hw_rdtsc() - last >= guest_cycles(LOCK_LIMIT_US) && hw_rdtsc() - start < guest_cycles(LIMIT_US),
		"a stuck lock is given up after two seconds", hw_rdtsc() - last);
	for (uint32_t i = 0; i < READS; i++)
		good += hw_pci_read(bdf, HW_PCI_ID) == UINT32_MAX;
	check(good == READS, "from then on PCI configuration reads all ones", good);
}

static void restart_until_refused(uint64_t sandbox)
{
	uint64_t start = hw_rdtsc();
	int64_t error;

	do
		error = guest_call(QV_CALL_RESTART, sandbox);
	while (error != QV_EIO && hw_rdtsc() - start < guest_cycles(LIMIT_US));
	check(error == QV_EIO, "a sandbox whose monitor has failed cannot be restarted", (uint64_t)error);
}

/* Its monitor answers, so the call is taken; what comes of it is seen from outside. */
static void restart_owner(uint64_t sandbox)
{
	int64_t error = guest_call(QV_CALL_RESTART, sandbox);

	check(error == 0, "a restart of the sandbox that owns a device is asked for", (uint64_t)error);
}

static void owner(void)
{
	uint16_t bdf = own_function();

	if (bdf != GUEST_NO_FUNCTION)
		guest_pci_write16(bdf, HW_PCI_COMMAND, MEMORY_AND_MASTER);
	guest_call(QV_CALL_READY, 0);
	guest_say("life %llu", (unsigned long long)guest_call(QV_CALL_LAUNCHES, 0));
}

static void locked(void)
{
	uint16_t bdf = own_function();

	guest_plan(4);
	guest_call(QV_CALL_READY, 0);
	if (bdf == GUEST_NO_FUNCTION) {
		guest_not_ok("a function is there", "none on bus 0");
	} else {
		read_until_stuck(bdf);
		restart_until_refused(qv_args_number(guest_info->args, "dead", 0));
		restart_owner(qv_args_number(guest_info->args, "owner", 0));
	}
	guest_say("done");
}

void guest_main(void)
{
	char role[16] = "";

	(void)qv_args_text(guest_info->args, "role", role, sizeof(role));
	if (strcmp(role, "pair") == 0) {
		pair();
	} else if (strcmp(role, "locked") == 0) {
		locked();
	} else if (strcmp(role, "owner") == 0) {
		owner();
	} else {
		guest_call(QV_CALL_READY, 0);
		call_for_ever();
	}
}
