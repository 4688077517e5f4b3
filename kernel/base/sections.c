/* SPDX-License-Identifier: MIT */
/* The longest sections without interrupts, core by core. */
#include <base/sections.h>
#include <base/syscall.h>
#include <hw/cpu.h>

static struct sections of_core[QUEST_CORES];

void sections_measure(bool on)
{
	struct cpu *cpu = this_cpu();

	cpu->sections = NULL;
	cpu->watch &= ~(uint64_t)CPU_WATCH_SECTIONS;
	syscall_measure(on);
	if (!on)
		return;
	of_core[cpu->index] = (struct sections){0};
	cpu->sections = &of_core[cpu->index];
	cpu->watch |= CPU_WATCH_SECTIONS;
}

const struct sections *sections_seen(void)
{
	return &of_core[this_cpu()->index];
}

void sections_open(struct sections *s, uint64_t from)
{
	if (s->stamp)
		return;
	s->from = from;
	s->stamp = hw_rdtsc();
}

/* The first of several is what another core waits for. */
uint64_t sections_locked(uint64_t flags)
{
	struct sections *s = this_cpu()->sections;

	if (!s)
		return flags;
	if (s->locks++ == 0)
		s->lock_stamp = hw_rdtsc();
	return flags | LOCK_WATCHED;
}

void sections_unlocked(struct lock *lock, uint64_t flags)
{
	struct sections *s = this_cpu()->sections;
	uint64_t cycles;

	if (s && (flags & LOCK_WATCHED) && s->locks && --s->locks == 0) {
		cycles = hw_rdtsc() - s->lock_stamp;
		if (cycles > s->worst_lock)
			s->worst_lock = cycles;
	}
	lock_release(lock, flags);
}

/* The place of the pair, or the last one's, which is given up. */
static uint32_t place_of(const struct sections *s, uint64_t from, uint64_t to)
{
	uint32_t i = 0;

	while (i < SECTIONS_KEPT - 1 && (s->worst[i].from != from || s->worst[i].to != to))
		i++;
	return i;
}

static void keep(struct sections *s, struct section seen)
{
	uint32_t i = place_of(s, seen.from, seen.to);

	if (s->worst[i].cycles >= seen.cycles)
		return;
	for (; i > 0 && s->worst[i - 1].cycles < seen.cycles; i--)
		s->worst[i] = s->worst[i - 1];
	s->worst[i] = seen;
}

void sections_close(struct sections *s, uint64_t to)
{
	uint64_t cycles = hw_rdtsc() - s->stamp;

	if (s->stamp && cycles > s->worst[SECTIONS_KEPT - 1].cycles)
		keep(s, (struct section){cycles, s->from, to});
	s->stamp = 0;
}
