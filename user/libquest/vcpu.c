/* SPDX-License-Identifier: MIT */
/* Wrappers of Quest's calls. */
#include <quest.h>

#include <sys/syscall.h>
#include <unistd.h>

int vcpu_create(struct quest_vcpu *parameters)
{
	return (int)syscall(QUEST_VCPU_CREATE, parameters);
}

int vcpu_bind_task(int id)
{
	return (int)syscall(QUEST_VCPU_BIND_TASK, id);
}

int vcpu_destroy(int id)
{
	return (int)syscall(QUEST_VCPU_DESTROY, id);
}

int vcpu_getparams(int id, struct quest_vcpu *parameters, struct quest_vcpu_usage *usage)
{
	return (int)syscall(QUEST_VCPU_GETPARAMS, id, parameters, usage);
}

int vcpu_setparams(int id, struct quest_vcpu *parameters)
{
	return (int)syscall(QUEST_VCPU_SETPARAMS, id, parameters);
}

int vcpu_fork(int id)
{
	return (int)syscall(QUEST_VCPU_FORK, id);
}

int quest_trace_mark(unsigned mark, unsigned number)
{
	return (int)syscall(QUEST_TRACE_MARK, mark, number);
}

int quest_trace_calls(int on)
{
	return (int)syscall(QUEST_TRACE_CALLS, on);
}

int quest_switches(int on, struct quest_switches *seen)
{
	return (int)syscall(QUEST_SWITCHES, on, seen);
}

int quest_sections(int on, struct quest_sections *seen)
{
	return (int)syscall(QUEST_SECTIONS, on, seen);
}

const char *vcpu_refusal(unsigned reason)
{
	static const char *const text[] = {
		[QUEST_ADMITTED] = "admitted", [QUEST_BAD] = "a parameter is out of range",
		[QUEST_TOO_SMALL] = "the budget is below what the kernel can enforce",
		[QUEST_NOT_SCHEDULABLE] = "the core could not keep all guarantees with it",
		[QUEST_NO_ROOM] = "no room for another VCPU", [QUEST_BUSY] = "it has threads",
	};

	return reason < sizeof(text) / sizeof(text[0]) ? text[reason] : "unknown";
}
