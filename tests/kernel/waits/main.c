/* SPDX-License-Identifier: MIT */
/*
 * Files between threads, on the real scheduler: pipes with several ends, poll, timers, signals, and threads that change
 * one tree under each other.
 */
#include <abi/linux_process.h>
#include <base/irq.h>
#include <base/panic.h>
#include <base/time.h>
#include <fs/fs.h>
#include <fs/pipe.h>
#include <fs/poll.h>
#include <hw/cpu.h>
#include <ktest/ktest.h>
#include <lib/string.h>
#include <mm/mm.h>

#define PAGE  4096ull
#define USER  0x10000000ull
#define TURNS 1000u
#define MESSAGE 32u
#define MESSAGES 3000u /* of each writer */
#define WRITERS 3u
#define READERS 2u
#define CHANGERS 3u
#define CHANGES 400u

static struct space *space;
static struct fd_table *table;
static struct path_context *context;
static uint32_t running; /* threads of the part that have not ended */

static bool fault(struct trap_frame *frame, uint64_t address)
{
	return space && space_fault(space, address, frame->error) == SPACE_FAULT_DONE;
}

static void start(const char *name, struct vcpu *vcpu, void (*run)(void *), void *argument)
{
	struct thread *t = test_thread(name, vcpu, run, argument);

	test_in_space(t, space_root(space));
	running++;
}

static void join(void)
{
	while (running)
		test_sleep(hw_rdtsc() + time_cycles(1000));
}

/* Each thread has a user page of its own. */
static uint64_t page_of(uint64_t n)
{
	return USER + n * PAGE;
}

/* Round trips of one byte through two pipes. */

static struct file *there[2], *back[2]; /* reader, writer */

static void echo(void *argument)
{
	(void)argument;
	for (uint32_t i = 0; i < TURNS; i++) {
		file_read(there[0], page_of(1), 1);
		file_write(back[1], page_of(1), 1);
	}
	running--;
}

static void round_trips(void)
{
	struct vcpu *v = test_vcpu("echo", 0, 2000, 10000);
	uint64_t begin, exits, bad = 0;
	uint8_t byte;

	pipe_create(0, &there[0], &there[1]);
	pipe_create(0, &back[0], &back[1]);
	start("echo", v, echo, NULL);
	exits = test_exits();
	begin = hw_rdtsc();
	for (uint32_t i = 0; i < TURNS; i++) {
		byte = (uint8_t)i;
		user_write(page_of(0), &byte, 1);
		file_write(there[1], page_of(0), 1);
		file_read(back[0], page_of(0), 1);
		user_read(&byte, page_of(0), 1);
		bad += byte != (uint8_t)i;
	}
	test_number("cost pipe-round-trip", (hw_rdtsc() - begin) / TURNS);
	exits = test_exits() - exits;
	join();
	test_point(bad == 0, "bytes come back through two pipes", "%llu wrong", (unsigned long long)bad);
	test_point(exits == 0, "without leaving the sandbox", "%llu exits", (unsigned long long)exits);
}

/* Several writers and readers on one pipe: messages stay whole, none is lost. */

static uint64_t seen[WRITERS], torn;

static void send(void *argument)
{
	uint64_t writer = (uint64_t)argument, text[MESSAGE / 8], at = page_of(2 + writer);

	for (uint64_t i = 0; i < MESSAGES; i++) {
		for (uint32_t k = 0; k < MESSAGE / 8; k++)
			text[k] = writer << 32 | i;
		user_write(at, text, MESSAGE);
		file_write(there[1], at, MESSAGE);
		if (i % 7 == writer)
			(void)sched_yield(NULL);
	}
	if (--running == READERS)
		file_put(there[1]);
}

static void receive(void *argument)
{
	uint64_t text[MESSAGE / 8], at = page_of(8 + (uint64_t)argument);

	while (file_read(there[0], at, MESSAGE) == MESSAGE) {
		user_read(text, at, MESSAGE);
		for (uint32_t k = 1; k < MESSAGE / 8; k++)
			torn += text[k] != text[0];
		seen[text[0] >> 32]++;
	}
	running--;
}

static void many_ends(void)
{
	static const char *const names[] = {"send a", "send b", "send c"};
	struct vcpu *fast = test_vcpu("fast", 0, 300, 2000), *slow = test_vcpu("slow", 0, 1000, 20000);

	for (uint64_t i = 0; i < WRITERS; i++)
		start(names[i], i ? slow : fast, send, (void *)i);
	start("receive a", fast, receive, (void *)0);
	start("receive b", slow, receive, (void *)1);
	join();
	file_put(there[0]);
	test_point(seen[0] == MESSAGES && seen[1] == MESSAGES && seen[2] == MESSAGES,
		"three writers and two readers lose nothing", "%llu %llu %llu", (unsigned long long)seen[0],
		(unsigned long long)seen[1], (unsigned long long)seen[2]);
	test_point(torn == 0, "no message is torn", "%llu", (unsigned long long)torn);
}

/* Waiting for several files, deadlines, the end of the other side, signals. */

static struct file *event;
static struct thread *waiter;
static int64_t waited;

static void poke(void *argument)
{
	uint64_t one = 1;

	(void)argument;
	test_sleep(hw_rdtsc() + time_cycles(2000));
	user_write(page_of(12), &one, sizeof(one));
	file_write(event, page_of(12), sizeof(one));
	running--;
}

static void poll_parts(void)
{
	struct lx_pollfd p[2] = {{.fd = 0, .events = LX_POLLIN}, {.fd = 1, .events = LX_POLLIN}};
	uint64_t begin = hw_rdtsc(), deadline = begin + time_cycles(3000);
	int64_t found;

	eventfd_create(0, 0, &event);
	fd_install(table, back[0], 0, 0);
	fd_install(table, file_get(event), 0, 0);
	found = fs_poll(table, p, 2, deadline);
	test_point(found == 0 && hw_rdtsc() >= deadline, "poll ends at its deadline", "%lld", (long long)found);
	start("poke", vcpu_by_id(0), poke, NULL);
	found = fs_poll(table, p, 2, WAIT_FOREVER);
	test_point(found == 1 && p[1].revents == LX_POLLIN && !p[0].revents, "poll tells which is ready", "%lld",
		(long long)found);
	join();
	file_put(event);
}

static void wait_for_byte(void *argument)
{
	(void)argument;
	waiter = thread_self();
	waited = file_read(back[0], page_of(13), 1);
	running--;
}

static void endings(void)
{
	start("interrupted", vcpu_by_id(0), wait_for_byte, NULL);
	test_sleep(hw_rdtsc() + time_cycles(1000));
	sched_interrupt(waiter);
	join();
	test_point(waited == -LX_ERESTART, "a signal ends a read", "%lld", (long long)waited);
	start("last", vcpu_by_id(0), wait_for_byte, NULL);
	test_sleep(hw_rdtsc() + time_cycles(1000));
	file_put(back[1]);
	join();
	test_point(waited == 0, "the last writer's end is the end of the file", "%lld", (long long)waited);
	fd_close_range(table, 0, UINT32_MAX, false);
}

static void timers(void)
{
	uint64_t begin = hw_rdtsc(), period = time_cycles(1000), count = 0, late;
	struct file *f;

	timerfd_create(LX_CLOCK_MONOTONIC, 0, &f);
	timerfd_set(f, begin + period, period);
	file_read(f, page_of(0), 8);
	late = hw_rdtsc() - begin - period;
	test_point(hw_rdtsc() >= begin + period, "a timer is read when it is due", "%llu cycles late",
		(unsigned long long)late);
	test_sleep(begin + 5 * period + period / 2);
	file_read(f, page_of(0), 8);
	user_read(&count, page_of(0), 8);
	test_point(count >= 4, "and counts what was missed", "%llu", (unsigned long long)count);
	file_put(f);
}

/* Threads that make, move, list and remove in the same few directories. */

static void change_tree(void *argument)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	uint64_t own = page_of(14 + 8 * (uint64_t)argument);
	char a[] = "/tmp/a/a", b[] = "/tmp/a/a";
	uint64_t state = 99 + (uint64_t)argument;

	for (uint32_t i = 0; i < CHANGES; i++) {
		struct file *f;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		a[5] = (char)('a' + (state >> 33) % 2);
		a[7] = (char)('a' + (state >> 35) % 4);
		b[5] = (char)('a' + (state >> 38) % 2);
		b[7] = (char)('a' + (state >> 40) % 4);
		if (path_open_file(&at, a, LX_O_RDWR | LX_O_CREAT, 0644, &f) == 0) {
			file_write(f, own, 5 * PAGE);
			file_pread(f, own, 6 * PAGE, 0);
			file_truncate(f, 100);
			file_put(f);
		}
		path_rename(&at, a, &at, b, 0);
		if (path_open_file(&at, "/tmp/a", LX_O_DIRECTORY, 0, &f) == 0) {
			file_readdir(f, own, PAGE);
			file_put(f);
		}
		path_unlink(&at, b, 0);
	}
	running--;
}

static void remove_rest(void)
{
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	char name[] = "/tmp/a/a";

	for (uint32_t i = 0; i < 8; i++) {
		name[5] = (char)('a' + i / 4);
		name[7] = (char)('a' + i % 4);
		path_unlink(&at, name, 0);
	}
}

static void run_changers(const char *const names[CHANGERS])
{
	for (uint64_t i = 0; i < CHANGERS; i++)
		start(names[i], vcpu_by_id((uint32_t)(i + 1)), change_tree, (void *)i);
	join();
	remove_rest();
}

static void one_tree(void)
{
	static const char *const first[] = {"a", "b", "c"}, *const second[] = {"d", "e", "f"};
	const struct path_at at = {.context = context, .fd = LX_AT_FDCWD};
	struct lx_statfs before, after;

	path_mkdir(&at, "/tmp/a", 0755);
	path_mkdir(&at, "/tmp/b", 0755);
	path_statfs(&at, "/", &before);
	run_changers(first);
	run_changers(second);
	path_statfs(&at, "/", &after);
	test_point(before.blocks_free == after.blocks_free && mm_frames_intact(), "threads share a tree and lose no page",
		"%lld free before, %lld after", (long long)before.blocks_free, (long long)after.blocks_free);
	test_point(path_unlink(&at, "/tmp/a", LX_AT_REMOVEDIR) == 0 && path_unlink(&at, "/tmp/b", LX_AT_REMOVEDIR) == 0,
		"and leave it empty", "%u changes each", CHANGES);
}

void test_main(void)
{
	trap_set_fault_hook(fault);
	space = space_create(0);
	space_map(space, USER, 64 * PAGE, SPACE_READ | SPACE_WRITE | SPACE_FIXED, NULL, 0);
	test_in_space(thread_self(), space_root(space));
	fs_init(NULL, 0, 0);
	table = fd_create(64);
	context = path_context_create();
	if (!table || !context)
		panic("no memory for the test");
	round_trips();
	many_ends();
	poll_parts();
	endings();
	timers();
	one_tree();
}
