/* SPDX-License-Identifier: MIT */
/* Start, console and calls. */
#include "common.h"

#include <hw/cpu.h>
#include <lib/fmt.h>
#include <lib/ring.h>

static struct qv_info info;
const struct qv_info *guest_info = &info;
static struct qv_bb_slice *slice;
static struct qv_ring *ring;
static uint64_t calls[QV_MAX_CORES]; /* made by each core */

unsigned guest_core(void)
{
	uint64_t here = (uint64_t)__builtin_frame_address(0), low = (uint64_t)guest_stacks;

	return (unsigned)((here - low) / GUEST_STACK_BYTES);
}

static void open_console(void)
{
	slice = (struct qv_bb_slice *)info.slice_gpa;
	ring = (struct qv_ring *)(info.slice_gpa + QV_SLICE_CONSOLE_OFF);
	if (slice->magic != QV_SLICE_MAGIC || !qv_ring_valid(ring, QV_CONSOLE_BYTES)) {
		for (unsigned i = 0; i < sizeof(slice->words) / sizeof(slice->words[0]); i++)
			slice->words[i] = 0;
		qv_ring_init(ring, QV_CONSOLE_BYTES);
		slice->magic = QV_SLICE_MAGIC;
	}
}

_Noreturn void guest_begin(void)
{
	info = *(const struct qv_info *)guest_start_registers[7]; /* RDI */
	if (info.magic != QV_INFO_MAGIC || info.version != QV_INFO_VERSION || info.slice_gpa == 0)
		guest_sleep();
	trap_fill_idt();
	trap_load();
	open_console();
	guest_main();
	guest_sleep();
}

volatile uint64_t *guest_word(unsigned i)
{
	return &slice->words[i];
}

volatile uint64_t *guest_trace(void)
{
	return (volatile uint64_t *)(info.slice_gpa + QV_SLICE_TRACE_OFF);
}

static void to_ring(void *context, const char *bytes, size_t n)
{
	(void)context;
	qv_ring_write(ring, bytes, n);
}

void guest_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)qv_vformat(to_ring, NULL, format, args);
	va_end(args);
	qv_ring_write(ring, "\n", 1);
}

void guest_plan(unsigned tests)
{
	guest_say("1..%u", tests);
}

void guest_ok(const char *name)
{
	guest_say("ok %s", name);
}

void guest_not_ok(const char *name, const char *why, ...)
{
	va_list args;

	(void)qv_format(to_ring, NULL, "not ok %s: ", name);
	va_start(args, why);
	(void)qv_vformat(to_ring, NULL, why, args);
	va_end(args);
	qv_ring_write(ring, "\n", 1);
}

bool guest_is_amd(void)
{
	return info.flags & QV_INFO_VMMCALL;
}

int64_t guest_call(uint64_t number, uint64_t argument)
{
	if (info.flags & QV_INFO_BARE)
		return QV_ENOSYS;
	calls[guest_core()]++;
	return qv_call(guest_is_amd(), number, argument, 0, 0);
}

uint64_t guest_exits(void)
{
	uint64_t sum = 0;

	/* CALL first: its count then includes this call and no other of this loop. */
	sum += (uint64_t)guest_call(QV_CALL_EXITS, QV_EXIT_CALL) - calls[guest_core()];
	for (unsigned reason = 0; reason < QV_EXIT_COUNT; reason++) {
		if (reason != QV_EXIT_CALL)
			sum += (uint64_t)guest_call(QV_CALL_EXITS, reason);
	}
	return sum;
}

_Noreturn void guest_sleep(void)
{
	for (;;) {
		hw_cli();
		hw_hlt();
	}
}
