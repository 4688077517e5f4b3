/* SPDX-License-Identifier: MIT */
/* Private to the room: changes of a core's table of VCPUs. Made on that core, one at a time (admission.c sees to
 * it). */
#ifndef SCHED_TABLE_H
#define SCHED_TABLE_H

#include "sched.h"

struct table_job {
	const struct vcpu_parameters *parameters;
	struct vcpu *vcpu; /* to be changed; result of an insertion, NULL = no room */
	bool busy;         /* result of a removal */
};

/* Run `run(core's scheduler, job)` on that core and wait for it. Thread context. */
void table_on_core(uint32_t core, void (*run)(struct core *c, struct table_job *job), struct table_job *job);
/* A new VCPU; NULL if the table is full or memory is gone. O(VCPUs). */
struct vcpu *table_insert(struct core *c, const struct vcpu_parameters *p);
void table_remove(struct core *c, struct vcpu *v);
void table_change(struct core *c, struct vcpu *v, const struct vcpu_parameters *p);

#endif
