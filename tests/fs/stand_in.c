/* SPDX-License-Identifier: MIT */
/* What kernel/fs needs of the rooms below, on the host: checked allocation, one thread, a screen. */
#include "stand_in.h"

#include <base/cpu.h>
#include <base/log.h>
#include <base/memory.h>
#include <base/panic.h>
#include <base/time.h>
#include <dev/uart.h>
#include <mm/frame.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <mm/space.h>
#include <sched/mutex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int (*stand_in_asleep)(void);
void (*stand_in_preempted)(void);
uint64_t stand_in_allocations = UINT64_MAX;
uint64_t stand_in_objects, stand_in_frames;
char stand_in_screen[1 << 16];
size_t stand_in_shown;
const char *stand_in_keys;
struct sched_timer *stand_in_timer;

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "stand-in: %s\n", what);
	abort();
}

static bool may_allocate(void)
{
	if (stand_in_allocations == 0)
		return false;
	if (stand_in_allocations != UINT64_MAX)
		stand_in_allocations--;
	return true;
}

uint32_t cpu_index(void)
{
	return 0;
}

/* Objects. */

static void *allocate(size_t align, size_t bytes)
{
	void *block = may_allocate() ? aligned_alloc(align, (bytes + align - 1) / align * align) : NULL;

	if (block) {
		memset(block, 0, bytes);
		stand_in_objects++;
	}
	return block;
}

static void give_back(void *block)
{
	if (!block)
		fail("NULL is given back");
	stand_in_objects--;
	free(block);
}

void *mm_cache_alloc(struct mm_cache *cache)
{
	void *object = allocate(64, cache->size);

	cache->count += object != NULL;
	return object;
}

void mm_cache_free(struct mm_cache *cache, void *object)
{
	cache->count--;
	give_back(object);
}

void *mm_heap_alloc(size_t bytes)
{
	return allocate(bytes > 2048 ? 4096 : 64, bytes);
}

void mm_heap_free(void *block, size_t bytes)
{
	memset(block, 0xdb, bytes); /* ASan sees a wrong size */
	give_back(block);
}

/* Frames: host pages; a table of those that are counted. */

#define MOST_FRAMES 8192u

static struct {
	uint64_t gpa;
	uint32_t count;
	void *own; /* the leak checker knows host addresses only */
} frames[MOST_FRAMES];

static uint32_t frame_index(uint64_t gpa)
{
	for (uint32_t i = 0; i < MOST_FRAMES; i++) {
		if (frames[i].count && frames[i].gpa == gpa)
			return i;
	}
	return MOST_FRAMES;
}

static void new_entry(uint64_t gpa, void *own)
{
	for (uint32_t i = 0; i < MOST_FRAMES; i++) {
		if (frames[i].count)
			continue;
		frames[i].gpa = gpa;
		frames[i].count = 1;
		frames[i].own = own;
		stand_in_frames++;
		return;
	}
	fail("too many frames");
}

bool mm_frame_new(uint64_t *gpa)
{
	void *page = may_allocate() ? aligned_alloc(4096, 4096) : NULL;

	if (!page)
		return false;
	memset(page, 0xa5, 4096);
	*gpa = (uint64_t)page - DIRECT_BASE;
	new_entry(*gpa, page);
	return true;
}

bool mm_frame_new_zeroed(uint64_t *gpa)
{
	if (!mm_frame_new(gpa))
		return false;
	memset(memory_at(*gpa), 0, 4096);
	return true;
}

void mm_frame_get(uint64_t gpa)
{
	uint32_t i = frame_index(gpa);

	if (i == MOST_FRAMES)
		new_entry(gpa, NULL);
	else
		frames[i].count++;
}

void mm_frame_put(uint64_t gpa)
{
	uint32_t i = frame_index(gpa);

	if (i == MOST_FRAMES)
		fail("a frame without references is put");
	if (--frames[i].count > 0)
		return;
	stand_in_frames--;
	if (frames[i].own)
		free(frames[i].own);
}

uint32_t mm_frame_count(uint64_t gpa)
{
	uint32_t i = frame_index(gpa);

	return i == MOST_FRAMES ? 0 : frames[i].count;
}

uint64_t mm_free_pages(void)
{
	return 4096;
}

uint64_t mm_total_pages(void)
{
	return 8192;
}

/* User memory is the host's. */

static bool is_bad(uint64_t address, size_t bytes)
{
	return address < BAD_ADDRESS + 8192 || address + bytes > SPACE_USER_END;
}

int64_t user_read(void *to, uint64_t from, size_t bytes)
{
	if (is_bad(from, bytes))
		return -14;
	memcpy(to, (const void *)from, bytes);
	return 0;
}

int64_t user_write(uint64_t to, const void *from, size_t bytes)
{
	if (is_bad(to, bytes))
		return -14;
	memcpy((void *)to, from, bytes);
	return 0;
}

int64_t user_zero(uint64_t to, size_t bytes)
{
	if (is_bad(to, bytes))
		return -14;
	memset((void *)to, 0, bytes);
	return 0;
}

int64_t user_text(char *to, uint64_t from, size_t size)
{
	size_t length;

	if (is_bad(from, 1))
		return -14;
	length = strlen((const char *)from);
	if (length >= size)
		return -36;
	memcpy(to, (const char *)from, length + 1);
	return (int64_t)length;
}

/* Threads: there is one. */

enum wait_result sched_wait(struct wait_queue *q, uint64_t deadline, bool interruptible)
{
	(void)q, (void)deadline, (void)interruptible;
	if (!stand_in_asleep)
		fail("would sleep for ever");
	return (enum wait_result)stand_in_asleep();
}

bool sched_wake_one(struct wait_queue *q)
{
	(void)q;
	return false;
}

void sched_wake_all(struct wait_queue *q)
{
	(void)q;
}

void sched_preempt_point(void)
{
	if (stand_in_preempted)
		stand_in_preempted();
}

void mutex_take(struct mutex *m)
{
	if (m->owner)
		fail("a mutex is taken twice");
	m->owner = (struct thread *)1;
}

void mutex_release(struct mutex *m)
{
	if (!m->owner)
		fail("a free mutex is released");
	m->owner = NULL;
}

void sched_timer_set(struct sched_timer *timer, uint64_t when)
{
	timer->when = when;
	stand_in_timer = timer;
}

void sched_timer_cancel(struct sched_timer *timer)
{
	if (stand_in_timer == timer)
		stand_in_timer = NULL;
}

uint64_t time_cycles(uint64_t us)
{
	return us * 1000;
}

/* Log, panic, port. */

void log_write(const char *bytes, size_t n)
{
	if (stand_in_shown + n >= sizeof(stand_in_screen))
		stand_in_shown = 0;
	memcpy(stand_in_screen + stand_in_shown, bytes, n);
	stand_in_shown += n;
	stand_in_screen[stand_in_shown] = 0;
}

static void to_log(void *context, const char *bytes, size_t n)
{
	(void)context;
	log_write(bytes, n);
}

void log_print(enum log_level level, const char *format, ...)
{
	va_list args;

	(void)level;
	va_start(args, format);
	qv_vformat(to_log, NULL, format, args);
	va_end(args);
	log_write("\n", 1);
}

_Noreturn void panic(const char *format, ...)
{
	fail(format);
}

/* Keys are asked for by the timer. */
void uart_on_input(void (*take)(void))
{
	(void)take;
}

void uart_ask(void)
{
}

bool uart_interrupts(void)
{
	return false;
}

bool uart_ready(void)
{
	return true;
}

bool uart_present(void)
{
	return stand_in_keys;
}

bool uart_take(uint8_t *byte)
{
	if (!stand_in_keys || !*stand_in_keys)
		return false;
	*byte = (uint8_t)*stand_in_keys++;
	return true;
}
