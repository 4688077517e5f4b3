/* SPDX-License-Identifier: MIT */
/*
 * Quest's own system calls: same registers and result convention as Linux' (negative errno), numbers from 0x1000 up.
 * Times are nanoseconds here; the kernel keeps cycles. libquest (user/libquest) wraps them.
 */
#ifndef ABI_QUEST_H
#define ABI_QUEST_H

#include <abi/types.h>

enum quest_call {
	QUEST_VCPU_CREATE = 0x1000,    /* (struct quest_vcpu *) -> id */
	QUEST_VCPU_BIND_TASK = 0x1001, /* (id): the calling thread runs on this VCPU from now on */
	QUEST_VCPU_DESTROY = 0x1002,   /* (id) */
	QUEST_VCPU_GETPARAMS = 0x1003, /* (id, struct quest_vcpu *, struct quest_vcpu_usage * or 0); id -1 = the own one */
	QUEST_VCPU_SETPARAMS = 0x1004, /* (id, const struct quest_vcpu *) */
	QUEST_VCPU_FORK = 0x1005,      /* (id): fork, the child's thread on this VCPU */
	QUEST_TRACE_MARK = 0x1010,     /* (enum qv_trace_mark of abi/trace.h, number): a record of the caller's own */
	QUEST_TRACE_CALLS = 0x1011,    /* (1 or 0): record every system call of this sandbox, or no longer */
	QUEST_SECTIONS = 0x1014,       /* (on, struct quest_sections * or 0): measure what cannot be preempted */
	QUEST_SWITCHES = 0x1015,       /* (on, struct quest_switches * or 0): measure switches of this core */
};

#define QUEST_VCPU_MAIN 0u
#define QUEST_VCPU_IO   1u

struct quest_vcpu {
	uint32_t kind; /* QUEST_VCPU_MAIN: a sporadic server; QUEST_VCPU_IO: a PIBS server */
	uint32_t replenishments; /* entries of the queue, 2..32; 0 = the default */
	uint64_t budget_ns, period_ns; /* main */
	uint32_t share_num, share_den; /* I/O: utilisation as a fraction */
	char name[32]; /* NUL-terminated; may be empty */
	uint32_t reason; /* out, when create or setparams is refused: enum quest_refusal */
	uint32_t pad;
};

enum quest_refusal {
	QUEST_ADMITTED = 0, QUEST_BAD = 1, QUEST_TOO_SMALL = 2, QUEST_NOT_SCHEDULABLE = 3, QUEST_NO_ROOM = 4, QUEST_BUSY = 5
};

/* The longest sections of the caller's core in which the kernel took no interrupt, since measuring was switched on: 1 =
 * switch on and start afresh, 0 = switch off. The results so far are told before. */
#define QUEST_SECTIONS_KEPT 16u
#define QUEST_SECTION_INSTRUCTIONS 2560u /* none is longer */

struct quest_section {
	uint64_t ns;
	uint64_t from, to; /* kernel addresses, or: number of the system call; 0x10000 + vector; 0x20000 signals and
	                      decisions on the way out; 0x20001 ring 3, with the number of the call
	                      above its 20 bits; 0x20002 idle; 0x20003 a decision */
};

/* From the moment that a decision has chosen another thread until that thread goes on, with what measuring adds. */
struct quest_switch_cost {
	uint64_t count, total_ns, worst_ns;
};

struct quest_switches { /* since they are measured */
	struct quest_switch_cost same;  /* the address space stays */
	struct quest_switch_cost other; /* it changes */
};

struct quest_sections {
	struct quest_section worst[QUEST_SECTIONS_KEPT]; /* longest first */
	uint64_t lock_ns;     /* longest that a lock of several cores was held */
	uint64_t blocking_ns; /* what admission counts with */
	uint64_t latency_ns;  /* the best VCPU's thread runs at most so long after its timer: blocking, timer, switches */
};

struct quest_vcpu_usage { /* since creation */
	uint64_t consumed_ns, background_ns, worst_wakeup_ns;
	uint64_t replenishments, depletions, dispatches, missed, interrupts;
};

#endif
