/* SPDX-License-Identifier: MIT */
/*
 * What every kernel test image has: the boot order of Quest up to a running scheduler on all cores, threads, TAP lines
 * on the console. The image defines test_main(), which runs as a thread of core 0's default VCPU.
 */
#ifndef KTEST_KTEST_H
#define KTEST_KTEST_H

#include <sched/vcpu.h>
#include <sched/wait.h>

void test_main(void);

/* One point: `ok NAME` or `not ok NAME`; `detail` is shown after the name, too. */
void test_point(bool good, const char *name, const char *detail, ...) __attribute__((format(printf, 3, 4)));
/* A number for the reader or for bench: `# KEY VALUE`. */
void test_number(const char *key, uint64_t value);
/* A thread with a stack, running run(argument) on `vcpu`; when that returns, it ends. Never fails: the image
 * panics. */
struct thread *test_thread(const char *name, struct vcpu *vcpu, void (*run)(void *argument), void *argument);
/* It is a thread of ring 3 for the scheduler from now on: it has an address space (CR3) and registers. */
void test_in_space(struct thread *t, uint64_t root);
/* Cycles of `n` microseconds as the tests count them: on a slow machine they are longer, so that what a kernel does in
 * one is the same everywhere. */
uint64_t test_us(uint64_t n);
/* A main VCPU on `core`, such microseconds; panics with the reason if it is refused. */
struct vcpu *test_vcpu(const char *name, uint32_t core, uint64_t budget_us, uint64_t period_us);
/* Sleep until TSC `when`, not interruptible. */
void test_sleep(uint64_t when);
/* Exits of this core so far that its own calls did not cause; makes calls. 0 when bare. */
uint64_t test_exits(void);
/* Memory for good. */
void *test_memory(size_t bytes);

#endif
