/* SPDX-License-Identifier: MIT */
/* Private to monitor/common: the state of this core's monitor and the calls between its files. */
#ifndef MON_MON_H
#define MON_MON_H

#include <abi/blackbox.h>
#include <lib/assert.h>
#include <mon/backend.h>

/* What a handler decided about an exit; carried out in one place. */
enum mon_verdict {
	MON_SKIP,   /* done: go on after the instruction */
	MON_RESUME, /* done: go on where the guest is */
	MON_GP,     /* refused with #GP(0) */
	MON_UD,     /* refused with #UD */
	MON_FAULT   /* the sandbox reached for what is not its own, or cannot go on */
};

struct mon { /* one per core: every core has its own copy of the image */
	const struct qv_handover *handover;
	const struct qv_sandbox *sandbox; /* own entry */
	struct qv_bb_core *page;
	struct qv_outbox *outbox; /* own one, the only one that is writable */
	struct mon_gprs *gprs;    /* the guest's registers while an exit is served */
	uint32_t latched;         /* mail read but not acted upon: 1 << enum qv_mail */
	uint32_t park_state;      /* enum qv_core_state to assume on a latched PARK */
	uint8_t sipi_vector;      /* of a latched SIPI */
	bool running;             /* the guest may be entered */
	bool primary;             /* this is core 0 of the sandbox */
};
extern struct mon mon;

/* ---- trap.c ---- */

extern volatile uint32_t mon_nmi_seen; /* set by the NMI handler */
void mon_trap_init(void);
/* Sleep until an NMI has come since mon_nmi_seen was cleared (entry.S). */
void mon_idle(void);
/* Take every interrupt that is pending or in service in the APIC, without effect. Guest timers are stopped before. */
void mon_interrupts_drain(void);

/* ---- state.c ---- */

/* Which optional registers this processor has. */
void mon_state_init(void);
/* Architectural reset of everything the guest could see or set, back end included. */
void mon_state_reset(void);

/* ---- record.c ---- */

void mon_record_init(void);
void mon_set_state(enum qv_core_state state);
/* Count an access that was refused. */
void mon_refused(void);
/* Enter a fault into the black box. */
void mon_record_fault(const struct mon_exit *e, uint32_t reason, uint64_t address);
/* Enter that another core's monitor does not answer: QV_EXIT_LOCK or QV_EXIT_MAIL, and which lock or core. The guest
 * may have done nothing wrong, so whether its life ends is up to the caller. */
void mon_record_silence(uint32_t reason, uint64_t which);
/* The sandbox reports ready: the exits so far become the baseline. */
void mon_ready(void);
/* Lives of the sandbox so far. */
uint32_t mon_launches(void);

/* ---- mail.c ---- */

/* Latch what other cores sent. Everything but PARK is acknowledged here; PARK when it is carried out. */
void mon_mail_poll(void);
void mon_mail_ack_park(void);
/* Has `core` taken the last mail of this one? */
bool mon_mail_taken(uint32_t core);
/* Wait for that, latching own mail meanwhile. False after a bounded time: that core's monitor does not answer. */
bool mon_mail_wait(uint32_t core);
/* Send to another core, after the mail before was taken, and kick it. False as above; nothing was sent then. */
bool mon_mail_send(uint32_t core, enum qv_mail mail, uint64_t argument);
/* As if `mail` had come from another core. */
void mon_mail_latch(enum qv_mail mail, uint64_t argument);
/* Sandbox that owns `core`. */
uint32_t mon_sandbox_of(uint32_t core);

/* ---- life.c ---- */

/* First launch, or waiting for it; returns with the guest ready to be entered. */
void mon_life_begin(void);
/* Act on latched mail, and wait while the guest may not run. True if it waited or replaced the guest's state. */
bool mon_life_settle(void);
/* End of this life: `kind` is QV_MAIL_FAULT, RESTART or STOP. Carried out by the sandbox's core 0, at the latest in the
 * settling that ends this exit; the guest does not run on this core any more. */
void mon_life_end(enum qv_mail kind);

/* ---- call.c ---- */

/* A call from ring 0: argument in RDI, result for RAX. By enum qv_call_number, no entry is NULL. */
typedef int64_t mon_call(uint64_t argument);
extern mon_call *const mon_calls[];

/* ---- handlers ---- */

enum mon_verdict mon_on_io(struct mon_gprs *g, const struct mon_exit *e);
enum mon_verdict mon_on_msr_read(struct mon_gprs *g, const struct mon_exit *e);
enum mon_verdict mon_on_msr_write(struct mon_gprs *g, const struct mon_exit *e);
enum mon_verdict mon_on_icr(struct mon_gprs *g, const struct mon_exit *e);
enum mon_verdict mon_on_nested(struct mon_gprs *g, const struct mon_exit *e);
enum mon_verdict mon_on_xsetbv(struct mon_gprs *g, const struct mon_exit *e);

/* ---- sysreg.c ---- */

void mon_sysreg_init(void);
/* Forget shadowed registers. */
void mon_sysreg_reset(void);

/* ---- port.c, pci.c ---- */

/* Forget what the guest had begun: index and address latches, BAR sizing. */
void mon_port_reset(void);
void mon_pci_reset(void);
/* Access to the configuration ports 0xCF8-0xCFF; all bytes lie inside. Reads give all ones where nothing answers. */
uint32_t mon_pci_read(uint16_t port, uint8_t size);
/* False: the guest reached for what is not its own. */
bool mon_pci_write(uint16_t port, uint8_t size, uint32_t value);
/* The machine's register of an own function; size 1, 2 or 4. All ones and nothing if the lock's holder is dead. */
uint32_t mon_pci_config_read(uint16_t bdf, uint16_t offset, uint8_t size);
void mon_pci_config_write(uint16_t bdf, uint16_t offset, uint8_t size, uint32_t value);
/* Before a launch: no device of this sandbox writes memory or interrupts any more. False: one still may, since a lock
 * is given up or the IOMMU does not answer; the sandbox must not be launched then. */
bool mon_devices_quiesce(void);

/* ---- msi.c ---- */

/* A write beyond the header of an own function. False: an interrupt message to somebody else. */
bool mon_msi_config_write(const struct qv_pci_function *f, uint16_t offset, uint8_t size, uint32_t value);
/* What the guest sees of the aligned dword at `offset` beyond the header, whose machine value is `value`. */
uint32_t mon_msi_config_read(const struct qv_pci_function *f, uint16_t offset, uint32_t value);
/* No vector of this function is set up any more. Its memory decoding is on. False: the IOMMU may still know one. */
bool mon_msi_reset(const struct qv_pci_function *f);

/* ---- lock.c ---- */

/* Take a machine lock. False after a bounded time: its holder does not answer; the lock is then given up for good. */
bool mon_lock(struct qv_ticket_lock *lock);
void mon_unlock(struct qv_ticket_lock *lock);
/* Has this core ever given a lock up? What it wrote since may not have reached the machine. */
bool mon_lock_given_up(void);

#endif
