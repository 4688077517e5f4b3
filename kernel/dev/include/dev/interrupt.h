/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of devices, in two halves. The top half acknowledges, masks the device in the device's own registers (the
 * interrupt controller would cost an exit) and wakes. The bottom half is a thread on the device's I/O VCPU, which has
 * the period of the VCPU that asked for what the device does. It serves the device, then lets it interrupt again, not
 * before `interval` has passed since the last top half: a device that never stops costs one top half in `interval` and
 * the utilisation of its I/O VCPU, and no more. Both are admitted (docs/scheduling.md).
 *
 * Everything of one device happens on the core of its I/O VCPU, with interrupts off.
 */
#ifndef DEV_INTERRUPT_H
#define DEV_INTERRUPT_H

#include <sched/vcpu.h>
#include <sched/wait.h>

enum dev_state { DEV_NONE, DEV_MEASURED, DEV_WORKS, DEV_REFUSED };

struct dev_interrupt {
	/* The driver's. */
	const char *name;
	/* In the top half, a few instructions: interrupt no more until unmask(). */
	void (*mask)(struct dev_interrupt *i);
	/* In the bottom half: all there is to do. Has preemption points, may block. NULL = nothing. */
	void (*serve)(struct dev_interrupt *i);
	/* In the bottom half: interrupt again, at once if there is something. */
	void (*unmask)(struct dev_interrupt *i);
	uint64_t interval;     /* p, cycles: least time between two top halves */
	uint8_t vector;        /* IRQ_DEVICES and above; 0 = any free one, filled in */
	bool charge_interrupted; /* top halves are charged to whom they interrupt, not to the I/O VCPU */
	/* The framework's. */
	struct vcpu *io;
	uint64_t cost;         /* h: of a top half with entry, exit and wake-up, cycles, as measured at the request */
	uint64_t last;         /* TSC of the last top half */
	uint64_t served;       /* runs of the bottom half */
	uint64_t delayed;      /* of them, those that had to wait for the interval to pass */
	uint32_t core;
	uint32_t asker;        /* id of the VCPU that asked last, 0 = the default one */
	uint32_t state;        /* enum dev_state */
	bool pending;
	struct wait_queue work;
	struct thread thread;
};

/* Measure the top half, admit it, start the bottom half on `io` (an I/O VCPU of this core) and unmask the device. The
 * device is masked now. On an error nothing has happened; vcpu_refusal() has the text. Boot, before there are threads
 * that never sleep, or thread context; may block. */
enum vcpu_error dev_interrupt_request(struct dev_interrupt *i, struct vcpu *io);
/* The running thread wants what the device brings: the bottom half works for its VCPU, until another asks. Threads of
 * other cores cannot ask: nothing happens. */
void dev_interrupt_ask(struct dev_interrupt *i);
/* The n-th device with an interrupt on this core, NULL = no more. */
const struct dev_interrupt *dev_interrupt_at(uint32_t n);

#endif
