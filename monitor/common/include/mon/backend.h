/* SPDX-License-Identifier: MIT */
/*
 * The one contract between the vendor-neutral monitor and its back ends. Each of monitor/svm and monitor/vmx defines
 * exactly these mon_backend_* symbols and nothing else is called across the line; vendor code only translates.
 *
 * One monitor runs one core and never shares memory with another but for abi/machine.h, so plain globals are per core.
 * Calling context: all with host interrupts off, on the monitor's stack.
 *
 * Flow: mon_main (common) -> mon_backend_init -> ... -> mon_backend_run. From then on the back end enters the guest,
 * and at each exit saves the general registers in a mon_gprs on the stack, calls mon_exit_entry(gprs) of the back end,
 * which translates the reason into a mon_exit and calls mon_handle_exit (common). When that returns, the guest is
 * entered again in whatever state the back end's control structure then describes.
 */
#ifndef MON_BACKEND_H
#define MON_BACKEND_H

#include <abi/exit.h>
#include <abi/handover.h>

struct mon_gprs { /* guest registers at an exit, encoding order */
	uint64_t reg[16]; /* RAX RCX RDX RBX RSP RBP RSI RDI R8..R15; RSP is only a copy */
};
enum { MON_RAX, MON_RCX, MON_RDX, MON_RBX, MON_RSP, MON_RBP, MON_RSI, MON_RDI };

struct mon_exit { /* one exit, neutral; only the fields of its reason are valid */
	uint32_t reason; /* enum qv_exit */
	uint32_t code;   /* vendor code, for the record */
	uint64_t info[2];
	uint64_t rip;
	union {
		struct {
			uint16_t port;
			uint8_t size; /* 1, 2 or 4 */
			bool in;
			bool string; /* INS/OUTS, REP included */
		} io;
		struct {
			uint32_t index;
		} msr; /* value in RAX, RDX of the registers; a write to the x2APIC ICR has reason ICR, not MSR_WRITE */
		struct {
			uint64_t gpa;
			bool read, write, exec;
		} nested;
		struct {
			uint8_t vector;
			uint32_t error;
		} exception;
		struct {
			uint8_t number; /* control register 0, 3, 4 or 8 */
			uint8_t reg;    /* source register */
		} cr;
		struct {
			bool discards; /* INVD; otherwise WBINVD */
		} cache;
	};
};

struct mon_paging { /* what a walk of the guest's own page tables needs */
	uint64_t cr0, cr3, cr4, efer;
	uint64_t rflags;
	uint8_t cpl;
};

/* ---- defined by each back end ---- */

/* Enable the extension on this core (SVME + HSAVE, or VMXON) and prepare the control structure. Returns NULL or the
 * cause of the failure, static text. */
const char *mon_backend_init(const struct qv_handover *handover);
/* Put every guest-visible register into its architectural reset state, as for a core that waits for SIPI. */
void mon_backend_reset(void);
/* After mon_backend_reset: 64-bit entry as abi/info.h describes; the general registers are set by common code. */
void mon_backend_start(const struct qv_start_state *start);
/* After mon_backend_reset: real mode at page `vector`, as after SIPI. */
void mon_backend_sipi(uint8_t vector);
/* Enter the guest and keep serving its exits. */
_Noreturn void mon_backend_run(void);
/* Move the guest past the instruction that exited. */
void mon_backend_skip(void);
/* The same where the processor does not tell the length (nested faults). */
void mon_backend_skip_bytes(uint8_t length);
/* Deliver an exception at the next entry. */
void mon_backend_inject(uint8_t vector, bool has_error, uint32_t error);
/* Deliver an NMI as soon as the guest can take it: it waits behind another event. Several become one. */
void mon_backend_inject_nmi(void);
/* Consume the NMI that caused a kick, so that the next one is seen. */
void mon_backend_kick_taken(void);
/* Let a pending NMI through to the host handler while the monitor waits (AMD-V: GIF); and stop it again. Mail must be
 * read after close: from there on every NMI makes the next entry exit at once with reason KICK. */
void mon_backend_nmi_open(void);
void mon_backend_nmi_close(void);
/* Called by the host's NMI handler. VT-x cannot hold NMIs back outside the guest, so the back end must remember. */
void mon_backend_host_nmi(void);
void mon_backend_paging(struct mon_paging *paging);
/* EFER as the guest sees it; the write was validated by the caller. */
uint64_t mon_backend_efer(void);
void mon_backend_set_efer(uint64_t value);
uint64_t mon_backend_pat(void);
void mon_backend_set_pat(uint64_t value);
/* Carry out a trapped control-register write that the processor itself would have taken; false: inject #GP. */
bool mon_backend_write_cr(uint8_t number, uint64_t value);
/* Answer a CPUID that exited, after common code masked nothing yet. */
void mon_backend_cpuid(struct mon_gprs *gprs);

/* ---- defined by monitor/common ---- */

/* Entry point from boot code. */
_Noreturn void mon_main(struct qv_handover *handover);
/* Serve one exit; returns when the guest may be entered again. May wait inside (SIPI, restart, stop). */
void mon_handle_exit(struct mon_gprs *gprs, const struct mon_exit *e);
/* Serve a call (VMCALL, VMMCALL) in the same way: the one frequent exit, for which nothing needs translation. `cpl` is
 * the guest's privilege level. */
void mon_handle_call(struct mon_gprs *gprs, uint8_t cpl);
/* The registers of the next first entry: common code fills them, RSI and RDI of the start state included, before
 * mon_backend_run, which loads them. A restart inside mon_handle_exit writes the new values to its `gprs` instead. */
extern struct mon_gprs mon_start_gprs;
/* Last words, then the core stays down. */
_Noreturn void mon_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
