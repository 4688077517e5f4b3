/* SPDX-License-Identifier: MIT */
/*
 * Machine locks: first come, first served, and bounded. A holder that does not answer makes the lock useless for all,
 * so devices can no longer be set up or restarted, but no running sandbox waits for it. It is recorded once.
 */
#include "mon.h"

#include <hw/cpu.h>

static bool broken;

bool mon_lock(struct qv_ticket_lock *lock)
{
	uint64_t deadline = hw_rdtsc() + 2 * mon.handover->tsc_hz;
	uint32_t ticket;

	if (broken)
		return false;
	ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket) {
		if (hw_rdtsc() > deadline) {
			broken = true; /* the ticket stays unserved: asking again would only wait again */
			mon_record_silence(QV_EXIT_LOCK, (uint64_t)(lock - &mon.handover->locks->pci_config));
			return false;
		}
		hw_pause();
	}
	return true;
}

bool mon_lock_given_up(void)
{
	return broken;
}

void mon_unlock(struct qv_ticket_lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}
