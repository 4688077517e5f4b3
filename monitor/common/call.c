/* SPDX-License-Identifier: MIT */
/* Calls from a sandbox's kernel (abi/call.h). Each is checked completely before anything is changed. */
#include "mon.h"

#include <abi/call.h>

static int64_t call_null(uint64_t argument)
{
	(void)argument;
	return 0;
}

static int64_t call_ready(uint64_t argument)
{
	(void)argument;
	mon_ready();
	return 0;
}

static int64_t call_exits(uint64_t argument)
{
	return argument < QV_EXIT_COUNT ? (int64_t)mon.page->exits[argument] : QV_EINVAL;
}

static int64_t call_stolen(uint64_t argument)
{
	(void)argument;
	return (int64_t)mon.page->stolen_cycles;
}

static int64_t restart_other(uint32_t sandbox)
{
	uint32_t core = mon.handover->all[sandbox].first_core;

	if ((mon.sandbox->may_restart >> sandbox & 1u) == 0) {
		mon_refused();
		return QV_EPERM;
	}
	if (mon.handover->outbox[core].state == QV_CORE_DEAD)
		return QV_EIO;
	if (!mon_mail_taken(core))
		return QV_EBUSY;
	return mon_mail_send(core, QV_MAIL_RESTART, 0) ? 0 : QV_EBUSY;
}

static int64_t call_restart(uint64_t argument)
{
	if (argument >= mon.handover->sandbox_count)
		return QV_EINVAL;
	if (argument != mon.handover->sandbox)
		return restart_other((uint32_t)argument);
	mon_life_end(QV_MAIL_RESTART);
	return 0;
}

static int64_t call_stop(uint64_t argument)
{
	(void)argument;
	mon_life_end(QV_MAIL_STOP);
	return 0;
}

static int64_t call_launches(uint64_t argument)
{
	(void)argument;
	return mon_launches();
}

static int64_t call_panic(uint64_t argument)
{
	const struct mon_exit place = { .rip = argument };

	mon_record_fault(&place, QV_EXIT_PANIC, 0);
	mon_life_end(QV_MAIL_FAULT);
	return 0;
}

mon_call *const mon_calls[QV_CALL_COUNT] = {
	[QV_CALL_NULL] = call_null,
	[QV_CALL_READY] = call_ready,
	[QV_CALL_EXITS] = call_exits,
	[QV_CALL_STOLEN] = call_stolen,
	[QV_CALL_RESTART] = call_restart,
	[QV_CALL_STOP] = call_stop,
	[QV_CALL_LAUNCHES] = call_launches,
	[QV_CALL_PANIC] = call_panic,
};
