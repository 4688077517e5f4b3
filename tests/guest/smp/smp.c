/* SPDX-License-Identifier: MIT */
/*
 * Interrupts between the cores of one sandbox: each arrives, costs its sender one exit and its receiver none.
 * Arguments: count=N (1000).
 */
#include <guest/guest.h>
#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/args.h>
#include <lib/fmt.h>

#define WAIT_US 20000000u
#define ICR_TO_SELF (1u << 18)
#define ICR_TO_ALL  (2u << 18)
#define ICR_TO_OTHERS (3u << 18)
#define ICR_LOGICAL (1u << 11)
#define BROADCAST 0xffffffffu
#define RFLAGS_TF 0x100
#define NMIS_UNDER_TRAPS 100u

enum order { ORDER_NONE, ORDER_SEND, ORDER_MEASURE, ORDER_TRAP };

static volatile uint64_t arrived[QV_MAX_CORES]; /* interrupts seen by each core */
static volatile uint64_t nmis[QV_MAX_CORES];
static volatile uint64_t traps;                 /* #DB taken by core 1 */
static volatile uint64_t order, orders_done;    /* from core 0 to core 1 */
static volatile uint64_t exits_of_other;        /* answer of core 1 */
static uint32_t count;

static void on_ipi(struct guest_frame *frame)
{
	(void)frame;
	arrived[guest_core()]++;
}

static void on_nmi(struct guest_frame *frame)
{
	(void)frame;
	nmis[guest_core()]++;
}

static void on_trap(struct guest_frame *frame)
{
	(void)frame;
	traps++;
}

/* A #DB after every instruction: nearly always one is on its way into the guest. */
static void trap_until_ordered(void)
{
	__asm__ volatile("pushfq; orl %0, (%%rsp); popfq" : : "i"(RFLAGS_TF) : "memory", "cc");
	while (order == ORDER_TRAP)
		hw_pause();
	__asm__ volatile("pushfq; andl %0, (%%rsp); popfq" : : "i"(~RFLAGS_TF) : "memory", "cc");
}

/* Send `count` interrupts to core `to`, each after the last has arrived. False if one does not arrive. */
static bool send_all(unsigned to)
{
	uint64_t before = arrived[to];

	for (uint32_t i = 1; i <= count; i++) {
		guest_send(guest_info->apic_id[to], HW_ICR_FIXED | GUEST_VECTOR_IPI);
		if (!guest_wait(&arrived[to], before + i, WAIT_US))
			return false;
	}
	return true;
}

/* Core 1 spins with interrupts on and does what core 0 orders; its exits are counted while it receives. */
static void other_core(void)
{
	guest_enable_apic();
	hw_sti();
	for (;;) {
		while (order == ORDER_NONE)
			hw_pause();
		if (order == ORDER_SEND)
			(void)send_all(0);
		if (order == ORDER_TRAP)
			trap_until_ordered();
		exits_of_other = guest_exits();
		order = ORDER_NONE;
		__atomic_fetch_add(&orders_done, 1, __ATOMIC_RELEASE);
	}
}

static bool give_order(enum order what)
{
	uint64_t done = orders_done;

	__atomic_store_n(&order, what, __ATOMIC_RELEASE);
	return guest_wait(&orders_done, done + 1, count * 10000ull + WAIT_US);
}

static void check_exits(const char *name, uint64_t exits, uint64_t expected)
{
	if (exits == expected)
		guest_ok(name);
	else
		guest_not_ok(name, "%llu exits instead of %llu", (unsigned long long)exits, (unsigned long long)expected);
}

static void core0_sends(void)
{
	uint64_t mine, others;

	(void)give_order(ORDER_MEASURE);
	others = exits_of_other;
	mine = guest_exits();
	if (!send_all(1))
		guest_not_ok("every interrupt to core 1 arrives", "%llu of %u", (unsigned long long)arrived[1], count);
	else
		guest_ok("every interrupt to core 1 arrives");
	check_exits("one exit for each at the sender", guest_exits() - mine, count);
	(void)give_order(ORDER_MEASURE);
	check_exits("no exit at the receiver", exits_of_other - others, 0);
}

static void core1_sends(void)
{
	uint64_t mine, others, before = arrived[0];

	(void)give_order(ORDER_MEASURE);
	others = exits_of_other;
	mine = guest_exits();
	hw_sti();
	(void)give_order(ORDER_SEND);
	hw_cli();
	if (arrived[0] - before == count)
		guest_ok("every interrupt to core 0 arrives");
	else
		guest_not_ok("every interrupt to core 0 arrives", "%llu of %u",
			(unsigned long long)(arrived[0] - before), count);
	check_exits("no exit at core 0", guest_exits() - mine, 0);
	check_exits("one exit for each at core 1", exits_of_other - others, count);
}

/* One ICR write; `core` must see `expected` more interrupts. */
static void check_command(const char *name, uint32_t destination, uint32_t command, unsigned core)
{
	uint64_t before = arrived[core];

	guest_send(destination, command | GUEST_VECTOR_IPI);
	hw_sti();
	if (guest_wait(&arrived[core], before + 1, WAIT_US))
		guest_ok(name);
	else
		guest_not_ok(name, "nothing arrived");
	hw_cli();
}

static void check_addressing(void)
{
	uint32_t id = guest_info->apic_id[1];
	uint32_t logical = (id >> 4) << 16 | 1u << (id & 15);

	check_command("shorthand self", 0, ICR_TO_SELF, 0);
	check_command("shorthand others", 0, ICR_TO_OTHERS, 1);
	check_command("shorthand all reaches core 1", 0, ICR_TO_ALL, 1);
	check_command("broadcast reaches core 1", BROADCAST, 0, 1);
	check_command("logical destination", logical, ICR_LOGICAL, 1);
	check_command("own APIC id", guest_info->apic_id[0], 0, 0);
}

static void check_nmi(void)
{
	uint64_t before = nmis[1];

	guest_send(guest_info->apic_id[1], HW_ICR_NMI);
	if (guest_wait(&nmis[1], before + 1, WAIT_US))
		guest_ok("NMI to core 1");
	else
		guest_not_ok("NMI to core 1", "did not arrive");
}

/* An NMI may come while another event is being delivered: it waits and is not lost. */
static void check_nmi_under_traps(void)
{
	uint64_t done = orders_done, before = nmis[1], sent = 0;
	bool came = true;

	traps = 0;
	__atomic_store_n(&order, ORDER_TRAP, __ATOMIC_RELEASE);
	came = guest_wait(&traps, 10, WAIT_US);
	while (came && sent < NMIS_UNDER_TRAPS) {
		guest_send(guest_info->apic_id[1], HW_ICR_NMI);
		came = guest_wait(&nmis[1], before + ++sent, WAIT_US);
	}
	__atomic_store_n(&order, ORDER_NONE, __ATOMIC_RELEASE);
	if (came && guest_wait(&orders_done, done + 1, WAIT_US) && nmis[1] - before == sent)
		guest_ok("every NMI arrives at a core that traps without end");
	else
		guest_not_ok("every NMI arrives at a core that traps without end", "%llu sent, %llu came, %llu traps",
			(unsigned long long)sent, (unsigned long long)(nmis[1] - before), (unsigned long long)traps);
}

static void check_self_ipi(void)
{
	uint64_t exits = guest_exits(), before = arrived[0];

	hw_sti();
	for (uint32_t i = 0; i < count; i++)
		hw_wrmsr(HW_X2_SELF_IPI, GUEST_VECTOR_IPI);
	hw_cli();
	if (arrived[0] == before)
		guest_not_ok("self-IPI arrives without an exit", "nothing arrived");
	else
		check_exits("self-IPI arrives without an exit", guest_exits() - exits, 0);
}

void guest_main(void)
{
	count = (uint32_t)qv_args_number(guest_info->args, "count", 1000);
	guest_plan(17);
	guest_on(GUEST_VECTOR_IPI, on_ipi);
	guest_on(2, on_nmi);
	guest_on(1, on_trap);
	guest_enable_apic();
	guest_call(QV_CALL_READY, 0);
	if (guest_info->core_count < 2 || !guest_start_core(1, other_core)) {
		guest_not_ok("core 1 starts", "it does not");
		return;
	}
	guest_ok("core 1 starts");
	core0_sends();
	core1_sends();
	check_addressing();
	check_nmi();
	check_nmi_under_traps();
	check_self_ipi();
	if (guest_start_core(1, other_core))
		guest_ok("core 1 starts again after INIT");
	else
		guest_not_ok("core 1 starts again after INIT", "it does not");
	guest_send(guest_info->apic_id[1], HW_ICR_INIT); /* rest: a spinning core slows an emulator down */
	guest_say("done");
}
