/* SPDX-License-Identifier: MIT */
/* Boot of a kernel test image, and the functions of ktest.h. */
#include <abi/call.h>
#include <abi/exit.h>
#include <base/boot.h>
#include <base/call.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/time.h>
#include <base/timer.h>
#include <ktest/ktest.h>
#include <lib/frames.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <start/start.h>

#define STACK_BYTES 8192u
#define LEAST_CYCLES 200u /* in a microsecond */

static unsigned points;
static uint64_t own_calls;

struct test_task {
	struct thread thread;
	void (*run)(void *argument);
	void *argument;
};

void *test_memory(size_t bytes)
{
	uint32_t order = qv_frames_order((bytes + QV_PAGE_SIZE - 1) / QV_PAGE_SIZE);
	uint64_t gpa;

	if (!mm_alloc(order, &gpa))
		panic("the test has too little memory");
	return memset(memory_at(gpa), 0, QV_PAGE_SIZE << order);
}

struct text_end {
	char *at;
	size_t room;
};

static void append(void *context, const char *bytes, size_t n)
{
	struct text_end *end = context;

	if (n > end->room)
		n = end->room;
	memcpy(end->at, bytes, n);
	end->at += n;
	end->room -= n;
}

void test_point(bool good, const char *name, const char *detail, ...)
{
	static char text[160]; /* threads give way only where they say so */
	struct text_end end = {text, sizeof(text) - 1};
	va_list args;

	va_start(args, detail);
	qv_vformat(append, &end, detail, args);
	va_end(args);
	*end.at = '\0';
	points++;
	log_info("%sok %s (%s)", good ? "" : "not ", name, text);
}

void test_number(const char *key, uint64_t value)
{
	log_info("# %s %llu", key, (unsigned long long)value);
}

static void kept(struct thread *t)
{
	(void)t;
}

static void run_task(void *argument)
{
	struct test_task *task = argument;

	task->run(task->argument);
	thread_exit(kept);
}

struct thread *test_thread(const char *name, struct vcpu *vcpu, void (*run)(void *argument), void *argument)
{
	uint8_t *block = test_memory(STACK_BYTES + QV_PAGE_SIZE);
	struct test_task *task = (struct test_task *)(block + STACK_BYTES);

	task->thread.stack_top = (uint64_t)block + STACK_BYTES;
	task->thread.name = name;
	task->run = run;
	task->argument = argument;
	thread_start(&task->thread, vcpu, run_task, task);
	return &task->thread;
}

void test_in_space(struct thread *t, uint64_t root)
{
	t->xsave = test_memory(thread_xsave_bytes());
	thread_xsave_init(t->xsave);
	t->root = root;
	if (t == thread_self())
		hw_write_cr3(root);
}

uint64_t test_us(uint64_t n)
{
	uint64_t one = time_cycles(1);

	return n * (one < LEAST_CYCLES ? LEAST_CYCLES : one);
}

struct vcpu *test_vcpu(const char *name, uint32_t core, uint64_t budget_us, uint64_t period_us)
{
	struct vcpu_parameters p = {.core = core, .budget = test_us(budget_us), .period = test_us(period_us)};
	char text[160];
	struct vcpu *v;
	enum vcpu_error error;

	memcpy(p.name, name, strlen(name) + 1);
	error = vcpu_create(&p, &v);
	if (error)
		panic("VCPU %s is refused: %s", name, vcpu_refusal(error, text, sizeof(text)));
	return v;
}

void test_sleep(uint64_t when)
{
	(void)sched_sleep(when, false);
}

uint64_t test_exits(void)
{
	uint64_t exits;

	if (boot_is_bare())
		return 0;
	/* CALL first: its count then includes this call and no other of this loop. */
	exits = (uint64_t)call_monitor(QV_CALL_EXITS, QV_EXIT_CALL) - ++own_calls;
	for (uint64_t reason = 0; reason < QV_EXIT_COUNT; reason++) {
		if (reason != QV_EXIT_CALL) {
			exits += (uint64_t)call_monitor(QV_CALL_EXITS, reason);
			own_calls++;
		}
	}
	return exits;
}

/* For main of core 0: what the shared counter counts are its calls. */
static void first_thread(void *argument)
{
	(void)argument;
	(void)call_monitor(QV_CALL_READY, 0);
	own_calls++;
	test_main();
	log_info("1..%u", points);
	log_info("done");
}

static void core_up(void)
{
	irq_enable_apic();
	timer_init();
	sched_init();
}

static void other_core(void)
{
	core_up();
	(void)call_monitor(QV_CALL_READY, 0);
	this_cpu()->up = true;
	sched_run();
}

static void first_core(void)
{
	core_up();
	smp_start(other_core);
	test_thread("main", vcpu_by_id(0), first_thread, NULL);
	sched_run();
}

_Noreturn void kernel_main(uint64_t info_gpa)
{
	start_early(info_gpa);
	sched_setup(test_memory);
	start_on_stack(memory_stack_top(0, STACK_MAIN), first_core);
}
