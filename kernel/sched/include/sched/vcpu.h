/* SPDX-License-Identifier: MIT */
/*
 * VCPUs: what time is given to. A main VCPU is a sporadic server (budget C, period T), an I/O VCPU a PIBS server
 * (utilisation U, period inherited from the VCPU that asked). Rate-monotonic per core, ties by lower id; a depleted
 * VCPU runs in the background, uncharged, when no VCPU has budget. Rules: docs/scheduling.md.
 */
#ifndef SCHED_VCPU_H
#define SCHED_VCPU_H

#include <abi/types.h>

#define VCPU_MAX_PER_CORE 1024u
#define VCPU_MAX_IO 64u /* of them I/O VCPUs */
#define VCPU_NAME 32u
#define VCPU_MAX_INTERRUPTS 16u /* sources of one core that admission counts */

struct vcpu;

struct vcpu_parameters {
	bool io;
	uint32_t core;         /* index in the sandbox */
	uint64_t budget;       /* C, cycles; main only */
	uint64_t period;       /* T, cycles; main only */
	uint32_t num, den;     /* U = num/den; I/O only */
	uint32_t replenishments; /* queue size, 2..32; 0 = default */
	char name[VCPU_NAME];
};

struct vcpu_usage { /* since creation; cycles */
	uint64_t consumed;       /* on budget */
	uint64_t background;     /* without budget */
	uint64_t replenishments;
	uint64_t depletions;
	uint64_t dispatches;     /* of the VCPU: its threads may change meanwhile */
	uint64_t worst_wakeup;   /* wake-up to first instruction */
	uint64_t missed;         /* periods in which a runnable VCPU got less than C by the end: 0 if the analysis is right */
	uint64_t interrupts;     /* of these, top halves */
};

/* Why a VCPU is refused. The text form names the VCPU and the term. */
enum vcpu_error {
	VCPU_OK = 0,
	VCPU_BAD = 1,          /* zero, budget > period, period above an hour, bad core */
	VCPU_TOO_SMALL = 2,    /* budget below what the kernel can enforce, measured at boot */
	VCPU_UTILISATION = 3,  /* admission: response times and bounds all refuse */
	VCPU_NO_ROOM = 4,      /* table full or out of memory */
	VCPU_BUSY = 5,         /* has threads, or is the default VCPU */
	VCPU_DIFFERENT = 6,    /* vcpu_set cannot turn a main VCPU into an I/O VCPU, nor move it to another core */
	VCPU_GONE = 7,         /* it was destroyed while the call waited for its turn */
};

/* Create on parameters->core of this sandbox if admitted. Thread context, or boot after all cores are up. */
enum vcpu_error vcpu_create(const struct vcpu_parameters *parameters, struct vcpu **out);
enum vcpu_error vcpu_destroy(struct vcpu *v);
/* Change budget and period (or utilisation) if admitted; the new values hold from the next replenishment on. */
enum vcpu_error vcpu_set(struct vcpu *v, const struct vcpu_parameters *parameters);
void vcpu_get(const struct vcpu *v, struct vcpu_parameters *parameters, struct vcpu_usage *usage);
/* Id, 0 = the core's default VCPU, which always exists; NULL if there is none with this id. */
struct vcpu *vcpu_by_id(uint32_t id);
uint32_t vcpu_id(const struct vcpu *v);
/* A pointer to a VCPU stays readable for ever, but another may have its place after a preemption point: is it still the
 * one that had this generation? */
uint32_t vcpu_generation(const struct vcpu *v);
bool vcpu_is(const struct vcpu *v, uint32_t generation);
/* An I/O VCPU takes over work asked for by `asker`: inherits its period (PIBS unblock rule). From a top half. */
void vcpu_inherit(struct vcpu *io, const struct vcpu *asker);
/* Where the cycles of top halves are added that this I/O VCPU is charged for when it runs next: for irq_charge(). */
uint64_t *vcpu_top_halves(struct vcpu *io);

/* An interrupt source of a core enters admission: at most one top half of `cost` cycles in `interval` cycles, after
 * which the thread that it wakes may once sleep until a time. That is counted in the response times of all Main VCPUs
 * of the core. Refused if one of them would not hold; vcpu_refusal() says which. Context of vcpu_create. */
enum vcpu_error vcpu_admit_interrupt(uint32_t core, const char *name, uint64_t cost, uint64_t interval);
/* What a decision costs on this core, measured at boot. */
uint64_t vcpu_decision_cost(void);

/* The longest section without a preemption point that admission counts with, in switches: no section has more than
 * QUEST_SECTION_INSTRUCTIONS, and a switch some 400. Tests hold both against what is measured. */
#define SCHED_BLOCKING_SWITCHES 10u
/* The longest that each other core holds a lock that this one waits for in such a section. */
#define SCHED_LOCK_SWITCHES 2u
/* Both together, in cycles of this core. */
uint64_t sched_blocking(void);
/* The longest that the best VCPU's thread waits after its timer, by the same analysis; cycles. */
uint64_t sched_latency(void);
/* Smallest budget in cycles that the kernel enforces, measured at boot. */
uint64_t vcpu_least_budget(void);

/* Parameters of every core's default VCPU, in microseconds. */
#define VCPU_DEFAULT_BUDGET_US 10000u
#define VCPU_DEFAULT_PERIOD_US 100000u

/* Why `error` came back, with the numbers of the last refusal on this core: for a message. */
const char *vcpu_refusal(enum vcpu_error error, char *text, size_t size);
/* Cycles this core has slept, and spent in interrupt handlers with the number of interrupts. */
struct sched_core_usage {
	uint64_t idle, interrupts, interrupt_count;
	uint64_t decisions, events; /* events: timers that fired, VCPUs that were replenished */
	uint64_t early; /* timer interrupts that came before they were needed */
	/* While sched_measure is on: decisions, accounting included, without events and the switch of stacks. */
	uint64_t measured, decision_cycles, decision_worst, event_cycles;
	/* Also then: from the moment that a decision has chosen another thread until that goes on. [0]: the address space
	 * stays, [1]: it changes. */
	struct sched_switches {
		uint64_t count, cycles, worst;
	} switches[2];
	uint64_t worst_delay; /* longest that the timer's interrupt had to wait: interrupts were off */
};
void sched_core_usage(struct sched_core_usage *usage);
/* Measure decisions and events of this core from now on, or no longer: every one then reads the clock once more. */
void sched_measure(bool on);
/* Look for worst values anew from now on: this core's, and that of a VCPU of it. */
void sched_forget_worst(void);
void vcpu_forget_worst(struct vcpu *v);

/* Memory for the scheduler's own structures: zeroed, 64-byte aligned, never given back; NULL when there is none. */
typedef void *sched_memory(size_t bytes);
/* Vectors and hooks: once, on core 0, before sched_init. */
void sched_setup(sched_memory *memory);
/* Bring this core's scheduler up: default VCPU, idle thread = the caller, least budget measured. Needs cpu_init,
 * irq_enable_apic and timer_init of this core. Before any other call on this core. */
void sched_init(void);
/* Become the idle loop. */
_Noreturn void sched_run(void);

#endif
