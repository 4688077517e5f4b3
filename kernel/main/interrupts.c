/* SPDX-License-Identifier: MIT */
/* /proc/interrupts: a line for each vector, a column for each core, then what its top halves cost and who pays. */
#include "devices.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/irq.h>
#include <dev/interrupt.h>
#include <fs/proc.h>

typedef unsigned long long ull;

static const struct dev_interrupt *device_at(uint8_t vector)
{
	const struct dev_interrupt *i;

	for (uint32_t n = 0; (i = dev_interrupt_at(n)) != NULL; n++) {
		if (i->vector == vector)
			return i;
	}
	return NULL;
}

static void print_payer(struct proc_text *out, const struct irq_line *line)
{
	const struct dev_interrupt *i = device_at(line->vector);
	struct vcpu_parameters p;
	struct vcpu_usage usage;

	if (!line->account || !i) {
		proc_print(out, "charged to whom they interrupt");
		return;
	}
	vcpu_get(i->io, &p, &usage);
	proc_print(out, "charged to %s, at most %llu in %llu", p.name, (ull)i->cost, (ull)i->interval);
}

static void print_line(struct proc_text *out, const struct irq_line *line)
{
	uint64_t cycles = 0, worst = 0;

	proc_print(out, "%4u:", line->vector);
	for (uint32_t c = 0; c < boot_info()->core_count; c++) {
		const struct irq_usage *u = &line->usage[c];

		proc_print(out, " %10llu", (ull)u->count);
		cycles += u->cycles;
		if (u->worst > worst)
			worst = u->worst;
	}
	proc_print(out, "  %s: %llu cycles, worst %llu, ", line->name, (ull)cycles, (ull)worst);
	print_payer(out, line);
	proc_put(out, "\n", 1);
}

static int64_t make_interrupts(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	proc_print(out, "     ");
	for (uint32_t c = 0; c < boot_info()->core_count; c++)
		proc_print(out, "       CPU%-1u", c);
	proc_put(out, "\n", 1);
	for (uint32_t n = 0; n < IRQ_LINES; n++) {
		if (irq_line(n)->name)
			print_line(out, irq_line(n));
	}
	return 0;
}

INIT void interrupts_show(void)
{
	static const struct proc_file file = {"interrupts", LX_S_IFREG | 0444, make_interrupts};

	proc_add_files(&file, 1);
}
