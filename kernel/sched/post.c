/* SPDX-License-Identifier: MIT */
/* Inboxes: a stack that many cores push on and its core takes as a whole. */
#include "sched.h"

#include <base/irq.h>
#include <hw/apic.h>
#include <sched/post.h>

void sched_post(uint32_t core, struct sched_post *post)
{
	struct core *c = __atomic_load_n(&cores[core], __ATOMIC_ACQUIRE);
	struct sched_post *head = __atomic_load_n(&c->inbox, __ATOMIC_RELAXED);

	do
		post->next = head;
	while (!__atomic_compare_exchange_n(&c->inbox, &head, post, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	if (!head) {
		hw_mfence(); /* a write to the x2APIC does not order stores: SDM 3, 11.12.3 */
		hw_apic_send(c->cpu->apic_id, HW_ICR_FIXED | IRQ_IPI);
	}
}

/* In the order in which they came. */
static struct sched_post *reversed(struct sched_post *list)
{
	struct sched_post *result = NULL;

	while (list) {
		struct sched_post *next = list->next;

		list->next = result;
		result = list;
		list = next;
	}
	return result;
}

void inbox_interrupt(struct trap_frame *frame)
{
	struct sched_post *list = reversed(__atomic_exchange_n(&this_core()->inbox, NULL, __ATOMIC_ACQUIRE));

	(void)frame;
	while (list) {
		struct sched_post *post = list;

		list = post->next;
		post->run(post);
	}
}
