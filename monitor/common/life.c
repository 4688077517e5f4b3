/* SPDX-License-Identifier: MIT */
/*
 * The life of a sandbox, as its cores see it.
 *
 *              SIPI (core 0: launch)
 *   WAITING ------------------------> RUNNING
 *      ^   <------------------------     |
 *      |      INIT; PARK for restart     | fault, restart or stop: goes to core 0, which PARKs all others
 *      |                                 v
 *      +-----------------------  STOPPED or FAULTED
 *                 restart
 *
 * Core 0 decides and acts; the other cores only obey. A core that does not run its guest sleeps and answers mail.
 * A restart is a launch after the others are parked and the devices are quiet; there is no other way to start.
 */
#include "mon.h"

#include <hw/cpu.h>
#include <lib/string.h>

#define BIT(mail) (1u << (mail))
#define END_OF_LIFE (BIT(QV_MAIL_FAULT) | BIT(QV_MAIL_RESTART) | BIT(QV_MAIL_STOP))

static bool take(enum qv_mail mail)
{
	bool was = (mon.latched & BIT(mail)) != 0;

	mon.latched &= ~BIT(mail);
	return was;
}

/* ---- start ---- */

static void fill_memory(void)
{
	const struct qv_handover *h = mon.handover;

	for (uint32_t i = 0; i < h->range_count; i++) {
		if (qv_memory_scrubbed(&h->range[i]))
			memset((void *)(QV_MON_GUEST + h->range[i].gpa), 0, h->range[i].size);
	}
	for (uint32_t i = 0; i < h->copy_count; i++)
		memcpy((void *)(QV_MON_GUEST + h->copy[i].gpa), (const void *)h->copy[i].source, h->copy[i].length);
}

static void enter_state(enum qv_core_state state)
{
	mon.running = state == QV_CORE_RUNNING;
	mon_set_state(state);
}

static void count_launch(void)
{
	mon.page->flags &= ~QV_CORE_READY;
	mon.page->launches++;
	__atomic_store_n(&mon.outbox->launches, mon.outbox->launches + 1, __ATOMIC_RELEASE);
	enter_state(QV_CORE_RUNNING);
}

/* Nothing the guest could see or set survives, in this core and in the monitor's shadows of it. */
static void reset_guest(void)
{
	mon_state_reset();
	mon_sysreg_reset();
	mon_port_reset();
	memset(&mon_start_gprs, 0, sizeof(mon_start_gprs));
}

static void load_gprs(void)
{
	if (mon.gprs != &mon_start_gprs)
		*mon.gprs = mon_start_gprs;
}

static void launch(void)
{
	const struct qv_start_state *start = &mon.handover->start;

	fill_memory();
	reset_guest();
	mon_start_gprs.reg[MON_RSI] = start->rsi;
	mon_start_gprs.reg[MON_RDI] = start->rdi;
	mon_backend_start(start);
	load_gprs();
	count_launch();
}

static void start_secondary(void)
{
	reset_guest(); /* siblings may have sent interrupts since this core was parked */
	mon_backend_sipi(mon.sipi_vector);
	load_gprs();
	count_launch();
}

/* ---- end ---- */

static bool over(void)
{
	return mon.page->state == QV_CORE_STOPPED || mon.page->state == QV_CORE_FAULTED;
}

void mon_life_end(enum qv_mail kind)
{
	mon.running = false;
	if (kind == QV_MAIL_FAULT)
		mon_set_state(QV_CORE_FAULTED);
	if (mon.primary)
		mon_mail_latch(kind, 0);
	else
		(void)mon_mail_send(mon.handover->first_core, kind, 0); /* no answer: this core stays down, as it must */
}

/* All other cores of the sandbox stop their guests. False if one does not: it may still run, so its memory cannot be
 * given a new life. */
static bool park_others(enum qv_core_state state)
{
	const struct qv_handover *h = mon.handover;
	bool parked = true;

	for (uint32_t core = h->first_core + 1; core < h->first_core + h->own_cores; core++)
		parked = mon_mail_send(core, QV_MAIL_PARK, state) && parked;
	for (uint32_t core = h->first_core + 1; core < h->first_core + h->own_cores; core++)
		parked = mon_mail_wait(core) && parked;
	return parked;
}

/* All down and deaf to SIPI first, then ready for the new life: a sibling that was parked last could otherwise have
 * started one that was parked before it, with the old code. False: a guest or a device may still be active. */
static bool silence(bool restart, enum qv_core_state end)
{
	bool parked = park_others(restart ? QV_CORE_STOPPED : end);
	bool quiet = mon_devices_quiesce();

	return parked && quiet && (!restart || park_others(QV_CORE_WAITING));
}

/* Core 0 only. The order is that of the design: cores, devices, memory, registers, launch. */
static void end_life(void)
{
	bool faulted = take(QV_MAIL_FAULT), stop = take(QV_MAIL_STOP), promised = take(QV_MAIL_RESTART);
	bool restart = promised || (faulted && !stop && mon.sandbox->on_fault == QV_ON_FAULT_RESTART);
	enum qv_core_state end = faulted && !stop ? QV_CORE_FAULTED : QV_CORE_STOPPED;

	if (over() && !restart && !faulted)
		return;
	if (!silence(restart, end)) {
		restart = false;
		end = QV_CORE_FAULTED;
	}
	mon_mail_poll(); /* what a sibling sent before it was parked is of the old life */
	mon.latched &= restart ? 0 : BIT(QV_MAIL_RESTART); /* somebody who may restart it was promised so */
	if (restart) {
		launch();
		return;
	}
	mon_state_reset(); /* no timer of the dead guest ticks on */
	enter_state(end);
}

static void park(void)
{
	mon.latched = 0;
	mon_state_reset();
	enter_state((enum qv_core_state)mon.park_state);
	mon_mail_ack_park();
}

/* ---- waiting ---- */

static void on_init(void)
{
	if (over())
		return;
	mon_state_reset();
	enter_state(QV_CORE_WAITING);
}

/* True if the guest's state was replaced. */
static bool act(void)
{
	if (take(QV_MAIL_PARK)) {
		park();
		return true;
	}
	if (mon.primary && (mon.latched & END_OF_LIFE) != 0) {
		end_life();
		return true;
	}
	if (take(QV_MAIL_INIT)) {
		on_init();
		return true;
	}
	if (take(QV_MAIL_SIPI) && mon.page->state == QV_CORE_WAITING) {
		start_secondary();
		return true;
	}
	if (take(QV_MAIL_GUEST_NMI) && mon.running)
		mon_backend_inject_nmi();
	return false;
}

static void sleep_until_kicked(void)
{
	mon_backend_nmi_open();
	mon_idle();
	mon_backend_nmi_close();
}

bool mon_life_settle(void)
{
	bool replaced = false;

	for (;;) {
		mon_nmi_seen = 0; /* before reading mail: a kick from now on wakes */
		mon_mail_poll();
		while (mon.latched != 0)
			replaced = act() || replaced;
		if (mon_nmi_seen != 0)
			continue;
		if (mon.running)
			return replaced;
		replaced = true;
		sleep_until_kicked();
	}
}

/* Sandboxes named by after_mask go first; waits as long as it takes, visible as WAITING in the black box. */
static void wait_for_turn(void)
{
	const struct qv_handover *h = mon.handover;

	for (uint32_t i = 0; i < h->sandbox_count; i++) {
		if ((mon.sandbox->after_mask >> i & 1u) == 0)
			continue;
		while (__atomic_load_n(&h->outbox[h->all[i].first_core].launches, __ATOMIC_ACQUIRE) == 0)
			hw_pause();
	}
}

void mon_life_begin(void)
{
	reset_guest();
	if (mon.primary && !mon_devices_quiesce()) {
		enter_state(QV_CORE_FAULTED);
	} else if (mon.primary) {
		wait_for_turn();
		launch();
	}
	(void)mon_life_settle();
}
