/* SPDX-License-Identifier: MIT */
/*
 * libquest: Quest's own calls for C programs (link with -lquest; musl-gcc -static).
 *
 * A VCPU gives the threads bound to it `budget_ns` of processor time in every `period_ns`, whatever else runs on the
 * core: a sporadic server (Stanovich et al., RTAS 2010). An I/O VCPU has a share of the core and takes over the
 * period of whoever waits for its work: PIBS (Danish et al., RTAS 2011). A VCPU is created only if all guarantees on
 * the core still hold with it. Functions return 0 or an id, or -1 with errno: EINVAL (parameters), ENOSPC (not
 * schedulable), EBUSY, ENOMEM, ESRCH (no such VCPU), ENOSYS (not on Quest).
 */
#ifndef QUEST_H
#define QUEST_H

#include <abi/quest.h>

/* Create a VCPU on the caller's core; its id. When refused, parameters->reason says why (enum quest_refusal). */
int vcpu_create(struct quest_vcpu *parameters);
/* The calling thread runs on VCPU `id` from now on. 0 is the best-effort VCPU that every program starts on. */
int vcpu_bind_task(int id);
/* Destroy a VCPU that has no threads. */
int vcpu_destroy(int id);
/* Parameters and, unless NULL, usage since creation. `id` -1 = the caller's own. */
int vcpu_getparams(int id, struct quest_vcpu *parameters, struct quest_vcpu_usage *usage);
/* New budget and period, from the next replenishment on, if admitted. */
int vcpu_setparams(int id, struct quest_vcpu *parameters);
/* fork(2), the child's thread on VCPU `id`. */
int vcpu_fork(int id);
/* A record of the caller's own in the trace of its core, for `./quest trace`: `mark` is an enum qv_trace_mark of
 * abi/trace.h. 0, or -1 with EINVAL. */
int quest_trace_mark(unsigned mark, unsigned number);
/* Record every system call of this sandbox from now on (1), or no longer (0). 0, or -1 with EINVAL. */
int quest_trace_calls(int on);
/* Measure the kernel's longest sections without a preemption point from now on (or stop); what was seen so far is told
 * unless NULL. */
int quest_sections(int on, struct quest_sections *seen);
/* Measure what switches between threads cost on this core from now on (or stop); what was seen so far is told unless
 * NULL. 0, or -1 with EFAULT. */
int quest_switches(int on, struct quest_switches *seen);
/* Text of an enum quest_refusal. */
const char *vcpu_refusal(unsigned reason);

#endif
