/* SPDX-License-Identifier: MIT */
/*
 * The machine area (D6): all that monitors share. Page n+1 is the outbox of core n: written by that core's monitor,
 * read by all. Page 0 holds the bounded ticket locks, used in set-up, PCI configuration and restart only.
 */
#ifndef ABI_MACHINE_H
#define ABI_MACHINE_H

#include <abi/limits.h>

struct qv_ticket_lock {
	volatile uint32_t next;
	volatile uint32_t serving;
};

struct qv_machine_locks { /* page 0, writable by every monitor; in this order in fault records */
	struct qv_ticket_lock pci_config; /* CF8/CFC */
	struct qv_ticket_lock ioapic;
	struct qv_ticket_lock iommu;
	uint8_t pad[4096 - 3 * 8];
};

enum qv_mail {
	QV_MAIL_NONE = 0,
	QV_MAIL_INIT = 1,      /* reset the core, wait for SIPI */
	QV_MAIL_SIPI = 2,      /* argument = vector */
	QV_MAIL_PARK = 3,      /* stop the guest on this core and acknowledge: restart or stop of its sandbox begins */
	QV_MAIL_FAULT = 4,     /* to the sandbox's core 0: a core of it faulted, apply on-fault */
	QV_MAIL_RESTART = 5,   /* to the sandbox's core 0: restart it */
	QV_MAIL_STOP = 6,      /* to the sandbox's core 0: end it */
	QV_MAIL_GUEST_NMI = 7  /* inject an NMI into the guest */
};

struct qv_mail_slot {
	volatile uint32_t sequence; /* raised after mail and argument are written */
	uint32_t mail;              /* enum qv_mail */
	uint64_t argument;
};

struct qv_outbox { /* one page */
	struct qv_mail_slot to[QV_MAX_CORES];          /* by core ordinal */
	volatile uint32_t acked[QV_MAX_CORES];         /* last sequence handled, by sender */
	volatile uint32_t launches;                    /* of the guest on this core */
	volatile uint32_t state;                       /* enum qv_core_state */
	uint8_t pad[4096 - 16 * QV_MAX_CORES - 4 * QV_MAX_CORES - 8];
};

_Static_assert(sizeof(struct qv_machine_locks) == 4096, "lock page");
_Static_assert(sizeof(struct qv_outbox) == 4096, "outbox is a page");

#endif
