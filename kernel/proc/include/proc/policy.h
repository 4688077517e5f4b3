/* SPDX-License-Identifier: MIT */
/*
 * Linux' scheduling policies over VCPUs. All are remembered and given back. SCHED_DEADLINE is a VCPU of the task's own:
 * budget = runtime, period = deadline, created if admitted. The others, priorities and nice values change nothing: a
 * task has the guarantee of the VCPU it is bound to.
 */
#ifndef PROC_POLICY_H
#define PROC_POLICY_H

#include <abi/types.h>

#define POLICY_NORMAL   0u
#define POLICY_FIFO     1u
#define POLICY_RR       2u
#define POLICY_BATCH    3u
#define POLICY_IDLE     5u
#define POLICY_DEADLINE 6u
#define POLICY_PRIORITY_MOST 99
#define POLICY_RESET_ON_FORK 1u

struct task;
struct vcpu;

struct policy {
	uint32_t kind; /* POLICY_* */
	uint32_t flags; /* POLICY_RESET_ON_FORK */
	int32_t nice;
	int32_t priority; /* 1 to 99 of FIFO and RR, else 0 */
	uint64_t runtime, deadline, period; /* ns, of DEADLINE; else 0 */
};

struct policy_state { /* in a task */
	struct policy now;
	struct vcpu *own;    /* of DEADLINE, NULL otherwise; anybody may destroy it once nothing runs on it, and then */
	uint32_t generation; /* another may have its place: it is ours while it has this generation */
};

/* Give task `tid` of this core a policy: 0, -LX_ESRCH, -LX_EINVAL (contradicts itself), -LX_EBUSY (not admitted, or the
 * task lends its VCPU to the holder of a lock), -LX_ENOMEM. May block. */
int64_t policy_set(int32_t tid, const struct policy *policy);
/* May the running task have children? -LX_EAGAIN with DEADLINE, unless that is reset. */
int64_t policy_may_fork(void);
/* What a child of the running task begins with: its policy, and its VCPU, which is `home` or the core's default. */
void policy_of_child(struct task *child);
struct vcpu *policy_child_vcpu(struct vcpu *home);
/* The running task ends: its own VCPU goes. May block. */
void policy_end(struct task *t);

#endif
