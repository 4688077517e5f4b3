/* SPDX-License-Identifier: MIT */
/*
 * One attack per life. With `on-fault: restart` one boot goes through all of them: an attack that the monitor must not
 * survive ends this life, and the next one checks that the right exit was counted. Arguments: only=NAME (one attack, by
 * name), group=NAME (memory, msr, ipi, io, cpu, call), idle (no attack at all: the baseline for the witness).
 *
 * Result words of the slice: 0 = attacks over, 1 = attack tried in the last life + 1, 2 = exits of its reason before
 * it, 3 = passed, 4 = failed, 5 = 1 when all are done.
 */
#include "attacks.h"

#include <lib/args.h>
#include <lib/string.h>

enum { OVER, TRIED, EXITS_BEFORE, PASSED, FAILED, DONE, LAST_WORD = DONE };

static const struct {
	const char *name;
	const struct attack_list *list;
} groups[] = {
	{"memory", &attacks_memory}, {"msr", &attacks_msr}, {"ipi", &attacks_ipi},
	{"io", &attacks_io}, {"cpu", &attacks_cpu}, {"call", &attacks_call},
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static char only[32], group[16];

uint64_t attacker_memory_end(void)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < guest_info->range_count; i++) {
		if (guest_info->range[i].gpa + guest_info->range[i].size > end)
			end = guest_info->range[i].gpa + guest_info->range[i].size;
	}
	return end;
}

uint32_t attacker_foreign_core(void)
{
	uint32_t id = 0;

	for (uint32_t i = 0; i < guest_info->core_count; i++) {
		if (guest_info->apic_id[i] == id) {
			id++;
			i = UINT32_MAX; /* start over: ids are not sorted */
		}
	}
	return id;
}

static bool selected(const struct attack *a, const char *group_name)
{
	if (only[0])
		return strcmp(only, a->name) == 0;
	return !a->hangs && (!group[0] || strcmp(group, group_name) == 0);
}

/* Selected attack number `n`, or NULL past the end; *total gets their number. */
static const struct attack *find_attack(uint64_t n, unsigned *total)
{
	const struct attack *found = NULL;

	*total = 0;
	for (unsigned g = 0; g < GROUPS; g++) {
		for (unsigned i = 0; i < groups[g].list->count; i++) {
			const struct attack *a = &groups[g].list->attack[i];

			if (!selected(a, groups[g].name))
				continue;
			if (*total == n)
				found = a;
			++*total;
		}
	}
	return found;
}

static unsigned expected(const struct attack *a)
{
	return guest_is_amd() ? a->on_svm : a->on_vmx;
}

static void passed(const struct attack *a)
{
	++*guest_word(PASSED);
	guest_ok(a->name);
}

/* The attack came back: with a result, or with an exception. */
static void judge(const struct attack *a, unsigned vector, uint64_t result)
{
	unsigned want = expected(a);
	bool lived = vector == GUEST_NO_FAULT;

	if (lived && result == ATTACK_SKIPPED) {
		++*guest_word(PASSED);
		guest_say("ok %s # SKIP not on this processor", a->name);
	} else if (want == ANYTHING || (lived && result == 0 && want == SURVIVES) || vector == want ||
		(want == STOPPED_OR_GP && vector == GP)) {
		passed(a);
	} else {
		++*guest_word(FAILED);
		if (lived)
			guest_not_ok(a->name, "came back with 0x%llx", (unsigned long long)result);
		else
			guest_not_ok(a->name, "exception %u at 0x%llx, address 0x%llx", vector,
				(unsigned long long)guest_last_fault.rip, (unsigned long long)guest_last_fault.address);
	}
}

/* The attack of the last life did not come back. */
static void judge_stopped(const struct attack *a)
{
	uint64_t now = (uint64_t)guest_call(QV_CALL_EXITS, a->reason);
	unsigned want = expected(a);

	if (want == STOPPED && now == *guest_word(EXITS_BEFORE)) {
		++*guest_word(FAILED);
		guest_not_ok(a->name, "stopped, but not for the expected reason %u", a->reason);
	} else if (want == STOPPED || want == STOPPED_ANYHOW || want == STOPPED_OR_GP || want == ANYTHING || a->hangs) {
		passed(a);
	} else {
		++*guest_word(FAILED);
		guest_not_ok(a->name, "the monitor stopped the sandbox");
	}
}

static void settle_last_life(void)
{
	unsigned total;
	const struct attack *a;

	if (*guest_word(TRIED) == 0)
		return;
	a = find_attack(*guest_word(TRIED) - 1, &total);
	*guest_word(TRIED) = 0;
	++*guest_word(OVER);
	if (a)
		judge_stopped(a);
}

static void run(const struct attack *a, uint64_t index)
{
	uint64_t result = 0;
	unsigned vector;

	guest_say("attack %s", a->name);
	*guest_word(EXITS_BEFORE) = (uint64_t)guest_call(QV_CALL_EXITS, a->reason);
	*guest_word(TRIED) = index + 1;
	vector = guest_try(a->attempt, a->argument, &result);
	*guest_word(TRIED) = 0;
	++*guest_word(OVER);
	judge(a, vector, result);
	if (guest_call(QV_CALL_RESTART, guest_info->sandbox) != 0)
		guest_not_ok("restart of the own sandbox", "refused");
}

void guest_main(void)
{
	unsigned total;
	const struct attack *a;

	(void)qv_args_text(guest_info->args, "only", only, sizeof(only));
	(void)qv_args_text(guest_info->args, "group", group, sizeof(group));
	a = find_attack(0, &total);
	if (guest_call(QV_CALL_LAUNCHES, 0) <= 1) {
		for (unsigned i = 0; i <= LAST_WORD; i++)
			*guest_word(i) = 0;
		guest_plan(qv_args_has(guest_info->args, "idle") ? 0 : total);
	}
	guest_call(QV_CALL_READY, 0);
	if (qv_args_has(guest_info->args, "idle") || *guest_word(DONE))
		return;
	settle_last_life();
	a = find_attack(*guest_word(OVER), &total);
	if (a) {
		run(a, *guest_word(OVER));
		return;
	}
	*guest_word(DONE) = 1;
	guest_say("attacks done: %llu passed, %llu failed", (unsigned long long)*guest_word(PASSED),
		(unsigned long long)*guest_word(FAILED));
}
