/* SPDX-License-Identifier: MIT */
/* A program's view of the keyboard: lines read from the console are told, until one says "end". */
#include <base/boot.h>
#include <base/cpu.h>
#include <base/irq.h>
#include <base/panic.h>
#include <dev/uart.h>
#include <fs/fs.h>
#include <hw/cpu.h>
#include <ktest/ktest.h>
#include <lib/fmt.h>

#define USER 0x10000000ull
#define GROUP 5

static struct space *space;

static bool fault(struct trap_frame *frame, uint64_t address)
{
	return space && space_fault(space, address, frame->error) == SPACE_FAULT_DONE;
}

static int32_t group(void)
{
	return GROUP;
}

static bool leader(void)
{
	return true;
}

static bool ignores(int32_t signal)
{
	(void)signal;
	return false;
}

static struct fd_table *table;

/* What a program would print. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add(void *context, const char *bytes, size_t n)
{
	uint64_t *at = context;

	if (!user_write(*at, bytes, n))
		*at += n;
}

static void say(const char *format, ...)
{
	uint64_t at = USER + 2048;
	va_list args;

	va_start(args, format);
	qv_vformat(add, &at, format, args);
	va_end(args);
	file_write(table->file[1], USER + 2048, at - USER - 2048);
}

static int32_t last_signal;

static void tell_signal(int32_t to, int32_t signal)
{
	last_signal = to == GROUP ? signal : -1;
}

static bool step(int32_t to, int32_t signal, int32_t *at)
{
	tell_signal(to, signal);
	*at = 0;
	return true;
}

static int64_t now(void)
{
	return 0;
}

/* Keys interrupt, or there is nothing to be tested. */
static void let_keys_interrupt(void)
{
	const struct vcpu_parameters p = {.io = true, .num = 2, .den = 100, .name = "uart"};
	struct vcpu *v;

	if (!uart_wants_interrupts() || vcpu_create(&p, &v) || uart_start_interrupts(v, false))
		panic("the serial port does not interrupt");
}

#define KEYS 22u /* that keys.t types */
#define IDLE_MOST 5u /* in 200 ms; who asked every 10 ms would take 20 */

static uint64_t count(void)
{
	return irq_line_of((uint8_t)boot_info()->uart_vector)->usage[0].count;
}

/* One at least for each line, one at most for each key; and while nobody types, none of any kind but the timer that
 * ends the wait, the counter of which may run out on the way. */
static void say_interrupts(void)
{
	uint64_t keys = count(), all;

	(void)sched_sleep(hw_rdtsc() + test_us(1000), false);
	all = cpus[0].irq_count;
	(void)sched_sleep(hw_rdtsc() + test_us(200000), false);
	all = cpus[0].irq_count - all;
	say("%s: %llu for keys, %llu without\n",
		keys >= 3 && keys <= KEYS && all <= IDLE_MOST ? "by interrupts only" : "unexpected",
		(unsigned long long)keys, (unsigned long long)all);
}

void test_main(void)
{
	static const struct fs_hooks hooks = {group, group, leader, ignores, tell_signal, now, step};
	char line[64] = "";
	int64_t n;

	trap_set_fault_hook(fault);
	space = space_create(0);
	space_map(space, USER, 4096, SPACE_READ | SPACE_WRITE | SPACE_FIXED, NULL, 0);
	test_in_space(thread_self(), space_root(space));
	fs_set_hooks(&hooks);
	fs_init(NULL, 0, 0);
	let_keys_interrupt();
	table = fd_create(8);
	if (!table || fs_open_console(table))
		panic("no console");
	say("type now\n");
	do {
		n = file_read(table->file[0], USER, sizeof(line) - 1);
		if (n <= 0 || user_read(line, USER, (size_t)n))
			break;
		line[n - 1] = '\0';
		say("line of %lld: <%s> signal %d\n", (long long)n, line, last_signal);
	} while (line[0] != 'e');
	say(n == 4 ? "all read\n" : "not all read\n");
	say_interrupts();
	say("tests over\n");
	fd_put(table);
	test_point(n == 4, "the last line is read", "%lld", (long long)n);
}
