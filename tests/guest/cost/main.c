/* SPDX-License-Identifier: MIT */
/*
 * What a monitor costs, for the benchmark: one null call and back in TSC cycles (instructions, where the emulator
 * counts one per cycle), and the exits of an interrupt to another core of the sandbox. Arguments: count=N (1000). Words
 * of the slice: 1 = cycles of `count` null calls, 2 = the same loop without the call, 3 = count, 4 = exits of the
 * sender, 5 = of the receiver, 6 = interrupts that arrived, 7 = finished.
 */
#include <guest/guest.h>
#include <hw/apic.h>
#include <hw/cpu.h>
#include <lib/args.h>

static volatile uint64_t arrived, asked, answered, exits_of_receiver;

static void on_ipi(struct guest_frame *frame)
{
	(void)frame;
	arrived++;
}

/* The receiver tells its exits whenever it is asked; `asked` is only read by it. */
static void receive(void)
{
	guest_enable_apic();
	hw_sti();
	for (;;) {
		while (answered == asked)
			hw_pause();
		exits_of_receiver = guest_exits();
		__atomic_store_n(&answered, asked, __ATOMIC_RELEASE);
	}
}

static uint64_t ask_receiver(void)
{
	asked++;
	(void)guest_wait(&answered, asked, 2000000);
	return exits_of_receiver;
}

static void measure_calls(uint64_t count, bool amd)
{
	uint64_t start = hw_rdtsc();

	for (uint64_t i = 0; i < count; i++)
		(void)qv_call(amd, QV_CALL_NULL, 0, 0, 0);
	*guest_word(1) = hw_rdtsc() - start;
	start = hw_rdtsc();
	for (uint64_t i = 0; i < count; i++)
		__asm__ volatile("" : : "a"(QV_CALL_NULL), "D"(0ull), "S"(0ull), "d"(0ull) : "memory");
	*guest_word(2) = hw_rdtsc() - start;
	*guest_word(3) = count;
}

static void measure_interrupts(uint64_t count)
{
	uint64_t mine, others;

	guest_on(GUEST_VECTOR_IPI, on_ipi);
	guest_enable_apic();
	if (guest_info->core_count < 2 || !guest_start_core(1, receive))
		return;
	others = ask_receiver();
	mine = guest_exits();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t before = arrived;

		guest_send(guest_info->apic_id[1], HW_ICR_FIXED | GUEST_VECTOR_IPI);
		(void)guest_wait(&arrived, before + 1, 2000000);
	}
	*guest_word(4) = guest_exits() - mine;
	*guest_word(5) = ask_receiver() - others;
	*guest_word(6) = arrived;
}

void guest_main(void)
{
	uint64_t count = qv_args_number(guest_info->args, "count", 1000);

	measure_calls(count, guest_is_amd());
	guest_call(QV_CALL_READY, 0);
	measure_interrupts(count);
	*guest_word(7) = 1;
	guest_say("done");
}
