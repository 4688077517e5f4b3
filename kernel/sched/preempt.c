/* SPDX-License-Identifier: MIT */
/* As long as there are no threads, there is nothing to give way to. Weak: the scheduler's own replaces it. */
#include <sched/thread.h>

__attribute__((weak)) void sched_preempt_point(void)
{
}
