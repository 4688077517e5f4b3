/* SPDX-License-Identifier: MIT */
/*
 * Mail between monitors: one slot per sender and receiver in the sender's outbox, and a kick by NMI.
 *
 *   sender                                   receiver
 *   waits until the last mail was taken
 *   mail, argument, then sequence + 1  --->  sees sequence != acked: latches the mail
 *   NMI                                      acked = sequence
 *
 * The receiver only latches; it acts when it has finished what it does (life.c). A sender that waits latches its own
 * mail meanwhile, so two senders cannot wait for each other. PARK is acknowledged when the guest has really stopped;
 * only core 0 of a sandbox sends it and never receives it.
 */
#include "mon.h"

#include <hw/apic.h>

uint32_t mon_sandbox_of(uint32_t core)
{
	const struct qv_handover *h = mon.handover;

	for (uint32_t i = 0; i < h->sandbox_count; i++) {
		if (core - h->all[i].first_core < h->all[i].core_count)
			return i;
	}
	return h->sandbox_count;
}

static bool ends_life(uint32_t mail)
{
	return mail == QV_MAIL_FAULT || mail == QV_MAIL_RESTART || mail == QV_MAIL_STOP;
}

static bool sibling_may_send(uint32_t sender, uint32_t mail)
{
	if (mail == QV_MAIL_PARK)
		return sender == mon.handover->first_core;
	if (ends_life(mail))
		return mon.primary;
	return mail == QV_MAIL_INIT || mail == QV_MAIL_SIPI || mail == QV_MAIL_GUEST_NMI;
}

/* The sender's monitor has checked already; a broken one must still not get further than its sandbox may. */
static bool may_send(uint32_t sender, uint32_t mail)
{
	const struct qv_handover *h = mon.handover;
	uint32_t sandbox = mon_sandbox_of(sender);

	if (sandbox == h->sandbox)
		return sibling_may_send(sender, mail);
	return mail == QV_MAIL_RESTART && mon.primary && sandbox < h->sandbox_count &&
		(h->all[sandbox].may_restart >> h->sandbox & 1u) != 0;
}

void mon_mail_latch(enum qv_mail mail, uint64_t argument)
{
	if (mail == QV_MAIL_INIT)
		mon.latched &= ~(1u << QV_MAIL_SIPI); /* what came before a reset is void */
	if (mail == QV_MAIL_SIPI)
		mon.sipi_vector = (uint8_t)argument;
	if (mail == QV_MAIL_PARK)
		mon.park_state = (uint32_t)argument;
	mon.latched |= 1u << mail;
}

static void poll_sender(uint32_t sender)
{
	const struct qv_handover *h = mon.handover;
	const struct qv_mail_slot *slot = &h->outbox[sender].to[h->core];
	uint32_t sequence = __atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE);
	uint32_t mail;

	if (sequence == mon.outbox->acked[sender])
		return;
	mail = slot->mail;
	if (may_send(sender, mail)) {
		mon_mail_latch(mail, slot->argument);
		if (mail == QV_MAIL_PARK)
			return;
	}
	__atomic_store_n(&mon.outbox->acked[sender], sequence, __ATOMIC_RELEASE);
}

void mon_mail_poll(void)
{
	for (uint32_t sender = 0; sender < mon.handover->core_count; sender++) {
		if (sender != mon.handover->core)
			poll_sender(sender);
	}
}

void mon_mail_ack_park(void)
{
	const struct qv_handover *h = mon.handover;
	uint32_t sequence = h->outbox[h->first_core].to[h->core].sequence;

	__atomic_store_n(&mon.outbox->acked[h->first_core], sequence, __ATOMIC_RELEASE);
}

bool mon_mail_taken(uint32_t core)
{
	const struct qv_handover *h = mon.handover;

	return __atomic_load_n(&h->outbox[core].acked[h->core], __ATOMIC_ACQUIRE) == mon.outbox->to[core].sequence;
}

/* Recorded once for each core. */
static bool silent(uint32_t core)
{
	static uint32_t known;

	if ((known >> core & 1u) == 0)
		mon_record_silence(QV_EXIT_MAIL, core);
	known |= 1u << core;
	return false;
}

bool mon_mail_wait(uint32_t core)
{
	uint64_t deadline = hw_rdtsc() + 2 * mon.handover->tsc_hz;

	while (!mon_mail_taken(core)) {
		if (hw_rdtsc() > deadline)
			return silent(core);
		mon_mail_poll();
		hw_pause();
	}
	return true;
}

/* Boot code gives the cores to their monitors one by one; before that, an NMI would find boot code. */
static bool monitor_is_up(uint32_t core)
{
	uint64_t deadline = hw_rdtsc() + 2 * mon.handover->tsc_hz;

	while (mon.handover->outbox[core].state == QV_CORE_OFF) {
		if (hw_rdtsc() > deadline)
			return silent(core);
		hw_pause();
	}
	return true;
}

bool mon_mail_send(uint32_t core, enum qv_mail mail, uint64_t argument)
{
	struct qv_mail_slot *slot = &mon.outbox->to[core];

	assert(core < mon.handover->core_count && core != mon.handover->core);
	if (!monitor_is_up(core) || !mon_mail_wait(core))
		return false;
	slot->mail = mail;
	slot->argument = argument;
	__atomic_store_n(&slot->sequence, slot->sequence + 1, __ATOMIC_RELEASE);
	hw_mfence(); /* WRMSR to the APIC does not wait for stores (SDM 3, 11.12.3) */
	hw_apic_send(mon.handover->apic_id[core], HW_ICR_NMI);
	return true;
}
