/* SPDX-License-Identifier: MIT */
#include "trace/names.h"

#include <abi/quest.h>
#include <inttypes.h>
#include <stdio.h>

/* From the C library's headers: see tools/trace.mk. */
static const char *const linux_calls[] = {
#include "trace-calls.inc"
};
static const char *const quest_calls[] = {
	[QUEST_VCPU_CREATE - QUEST_VCPU_CREATE] = "vcpu_create",
	[QUEST_VCPU_BIND_TASK - QUEST_VCPU_CREATE] = "vcpu_bind_task",
	[QUEST_VCPU_DESTROY - QUEST_VCPU_CREATE] = "vcpu_destroy",
	[QUEST_VCPU_GETPARAMS - QUEST_VCPU_CREATE] = "vcpu_getparams",
	[QUEST_VCPU_SETPARAMS - QUEST_VCPU_CREATE] = "vcpu_setparams",
	[QUEST_VCPU_FORK - QUEST_VCPU_CREATE] = "vcpu_fork",
	[QUEST_TRACE_MARK - QUEST_VCPU_CREATE] = "trace_mark",
	[QUEST_TRACE_CALLS - QUEST_VCPU_CREATE] = "trace_calls",
	[QUEST_SECTIONS - QUEST_VCPU_CREATE] = "quest_sections",
	[QUEST_SWITCHES - QUEST_VCPU_CREATE] = "quest_switches",
};

const char *call_name(uint64_t number, char text[32])
{
	const char *name = NULL;

	if (number < sizeof linux_calls / sizeof linux_calls[0])
		name = linux_calls[number];
	else if (number >= QUEST_VCPU_CREATE && number - QUEST_VCPU_CREATE < sizeof quest_calls / sizeof quest_calls[0])
		name = quest_calls[number - QUEST_VCPU_CREATE];
	if (name)
		return name;
	(void)snprintf(text, 32, "%" PRIu64, number);
	return text;
}
