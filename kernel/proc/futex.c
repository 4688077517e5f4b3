/* SPDX-License-Identifier: MIT */
/* Futexes: one hash table per core, a waiter is on its own kernel stack. */
#include "proc.h"

#include <abi/limits.h>
#include <lib/string.h>
#include <mm/frame.h>

#define HASH_FACTOR 0x9e3779b97f4a7c15ull
#define SHARED_OWNER 1u
#define WAKE_STEP 4u  /* woken or moved between two preemption points */
#define LOOK_STEP 32u /* looked at */
#define MARK_OWNER 0u /* of no word: a place in the bucket */
#define FUTEX_BUCKETS 128u
#define BUCKET_SHIFT 57u /* 64 - log2(FUTEX_BUCKETS) */

struct futex_key {
	uint64_t owner; /* struct memory, or SHARED_OWNER for memory shared between processes */
	uint64_t where; /* address, or frame and offset */
};

struct futex_waiter {
	struct futex_waiter *next, **link; /* link NULL = not in a bucket: it was woken */
	struct futex_key key;
	struct thread *thread;
	uint32_t bits;
};

struct bucket {
	struct futex_waiter *first, **end; /* end NULL = empty since ever */
};

static struct bucket buckets[QUEST_CORES][FUTEX_BUCKETS];

static inline struct bucket *bucket_of(const struct futex_key *key)
{
	return &buckets[this_cpu()->index][(key->owner ^ key->where) * HASH_FACTOR >> BUCKET_SHIFT];
}

/* A shared page that this process has not touched yet has its frame only when it is touched. */
static __attribute__((noinline)) int64_t touch_key(uint64_t address, struct futex_key *key)
{
	uint32_t value;

	if (user_word(&value, address) ||
			!space_shared_frame(process_self()->memory->space, address, &key->where) || key->where == SPACE_ABSENT)
		return -LX_EFAULT;
	return 0;
}

/* The key of the word at `address`: nothing comes in between unless the page has to be touched. -LX_EFAULT may be wrong
 * while another thread changes the areas. */
static inline int64_t make_key(uint64_t address, struct futex_key *key)
{
	struct memory *memory = process_self()->memory;
	uint64_t frame;

	if (address % 4)
		return -LX_EINVAL;
	if (!space_shared_frame(memory->space, address, &frame))
		return -LX_EFAULT;
	*key = (struct futex_key){frame ? SHARED_OWNER : (uint64_t)memory, frame ? frame : address};
	return __builtin_expect(frame == SPACE_ABSENT, 0) ? touch_key(address, key) : 0;
}

/* The same with the areas in order: others may run meanwhile. */
static __attribute__((noinline)) int64_t make_key_locked(uint64_t address, struct futex_key *key)
{
	struct memory *memory = process_self()->memory;
	uint64_t frame;
	bool found = space_shared_frame(memory_lock(memory), address, &frame);

	memory_unlock(memory);
	if (!found)
		return -LX_EFAULT;
	*key = (struct futex_key){frame ? SHARED_OWNER : (uint64_t)memory, frame ? frame : address};
	return frame == SPACE_ABSENT ? touch_key(address, key) : 0;
}

/* The same for those who do not mind others. */
static inline int64_t find_key(uint64_t address, struct futex_key *key)
{
	int64_t error = make_key(address, key);

	return __builtin_expect(error == -LX_EFAULT, 0) ? make_key_locked(address, key) : error;
}

/* The same, and what the word holds: nothing comes between that look and what follows. */
static inline int64_t read_key(uint64_t address, struct futex_key *key, uint32_t *value)
{
	int64_t error;

	if (address % 4)
		return -LX_EINVAL;
	if (user_word(value, address)) /* first: that may let others run */
		return -LX_EFAULT;
	error = make_key(address, key);
	if (__builtin_expect(error != -LX_EFAULT, 1))
		return error;
	error = make_key_locked(address, key);
	return error ? error : user_word(value, address);
}

static bool same(const struct futex_key *a, const struct futex_key *b)
{
	return a->owner == b->owner && a->where == b->where;
}

static uint64_t frame_of(const struct futex_key *key)
{
	return key->where & ~(uint64_t)(QV_PAGE_SIZE - 1);
}

/* A frame that a waiter is known by is held: it may be unmapped meanwhile, and must not become the shared page of
 * another. */
static void hold(const struct futex_key *key)
{
	if (key->owner == SHARED_OWNER)
		mm_frame_get(frame_of(key));
}

static void let_go(const struct futex_key *key)
{
	if (key->owner == SHARED_OWNER)
		mm_frame_put(frame_of(key));
}

static void put_at(struct bucket *b, struct futex_waiter *w, struct futex_waiter **link)
{
	w->next = *link;
	w->link = link;
	*link = w;
	if (w->next)
		w->next->link = &w->next;
	else
		b->end = &w->next;
}

/* At the end: first come, first served. */
static void put_last(struct bucket *b, struct futex_waiter *w)
{
	put_at(b, w, b->end ? b->end : &b->first);
}

static void take_off(struct bucket *b, struct futex_waiter *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	else
		b->end = w->link;
	w->link = NULL;
}

static void enter(struct futex_waiter *w)
{
	hold(&w->key);
	put_last(bucket_of(&w->key), w);
}

static void leave(struct futex_waiter *w)
{
	take_off(bucket_of(&w->key), w);
	let_go(&w->key);
}

int64_t futex_wait(uint64_t address, uint32_t expected, uint32_t bits, uint64_t deadline)
{
	struct futex_waiter w;
	uint32_t value;
	int64_t error = read_key(address, &w.key, &value);
	enum wait_result result;

	if (error || !bits)
		return error ? error : -LX_EINVAL;
	if (value != expected)
		return -LX_EAGAIN;
	w.bits = bits;
	w.thread = thread_self();
	enter(&w); /* nothing can come between the look and this: interrupts are off */
	result = sched_wait(NULL, deadline, true);
	if (!w.link)
		return 0;
	leave(&w);
	if (result == WAIT_TIMEOUT)
		return -LX_ETIMEDOUT;
	return deadline == WAIT_FOREVER ? -LX_ERESTART : signal_keep_deadline(deadline);
}

/*
 * What is done to the waiters of a word: they are woken, or moved to another one. The first few at once; of the others
 * a few between two preemption points, with a mark in the bucket to go on from and one where its end was: those who
 * come meanwhile are left alone.
 */
struct sweep {
	struct futex_key key;
	uint32_t bits, left; /* how many still may be woken or moved */
	const struct futex_key *to; /* NULL = woken */
	int64_t done;
};

/* True if it was one of them. */
static inline bool treat(struct sweep *s, struct futex_waiter *w)
{
	if (!same(&w->key, &s->key) || !(w->bits & s->bits))
		return false;
	leave(w);
	if (s->to) {
		w->key = *s->to;
		enter(w);
	} else {
		sched_wake_thread(w->thread);
	}
	s->left--;
	s->done++;
	return true;
}

/* From `w` up to `end`, until the step is over: who comes next. */
static struct futex_waiter *step(struct sweep *s, struct futex_waiter *w, const struct futex_waiter *end)
{
	uint32_t treated = 0;

	for (uint32_t seen = 0; w != end && s->left > 0 && seen < LOOK_STEP && treated < WAKE_STEP; seen++) {
		struct futex_waiter *next = w->next;

		treated += treat(s, w);
		w = next;
	}
	return w;
}

/* Words that are looked for are held: their pages may be unmapped at the preemption points. */
static __attribute__((noinline)) void sweep_rest(struct sweep *s, struct futex_waiter *w)
{
	struct bucket *b = bucket_of(&s->key);
	struct futex_waiter here = {.key.owner = MARK_OWNER}, end = {.key.owner = MARK_OWNER};

	hold(&s->key);
	if (s->to)
		hold(s->to);
	put_last(b, &end);
	while (w != &end && s->left > 0) {
		put_at(b, &here, w->link);
		sched_preempt_point();
		w = here.next;
		take_off(b, &here);
		w = step(s, w, &end);
	}
	take_off(b, &end);
	if (s->to)
		let_go(s->to);
	let_go(&s->key);
}

static inline int64_t sweep(const struct futex_key *key, uint32_t count, uint32_t bits, const struct futex_key *to)
{
	struct futex_waiter *w = bucket_of(key)->first;
	struct sweep s = {.key = *key, .bits = bits, .left = count, .to = to};

	if (!w)
		return 0;
	w = step(&s, w, NULL);
	if (w && s.left > 0)
		sweep_rest(&s, w);
	return s.done;
}

static inline int64_t wake_key(const struct futex_key *key, uint32_t count, uint32_t bits)
{
	return sweep(key, count, bits, NULL);
}

int64_t futex_wake(uint64_t address, uint32_t count, uint32_t bits)
{
	struct futex_key key;
	int64_t error = find_key(address, &key);

	if (error || !bits)
		return error ? error : -LX_EINVAL;
	return wake_key(&key, count, bits);
}

/* Keys of both words, and the value of the first: nothing comes between this look and what follows. Reading may let
 * others run, who may unmap the target: its key is made once more. */
static int64_t both_keys(uint64_t address, uint64_t target, struct futex_key *from, struct futex_key *to,
	uint32_t *value)
{
	struct futex_key before;
	int64_t error = find_key(target, to), again = 0;

	do {
		before = *to;
		if (!error)
			error = read_key(address, from, value);
		if (!error)
			again = make_key(target, to);
		if (!error && again)
			error = find_key(target, to);
	} while (!error && (again || !same(&before, to)));
	return error;
}

int64_t futex_requeue(uint64_t address, uint32_t count, uint32_t move, uint64_t target, bool compare,
	uint32_t expected)
{
	struct futex_key from, to;
	uint32_t value;
	int64_t error = both_keys(address, target, &from, &to, &value), woken;

	if (error)
		return error;
	if (compare && value != expected)
		return -LX_EAGAIN;
	hold(&to);
	woken = wake_key(&from, count, UINT32_MAX);
	if (!same(&from, &to))
		woken += sweep(&from, move, UINT32_MAX, &to);
	let_go(&to);
	return woken;
}

/* ---- FUTEX_WAKE_OP: operation, comparison and two 12-bit arguments in one word (futex(2)) ---- */

static bool operate(uint32_t operation, uint32_t old, uint32_t *new)
{
	uint32_t argument = (uint32_t)((int32_t)(operation << 8) >> 20);

	if (operation & 0x80000000u) {
		if (argument > 31)
			return false;
		argument = 1u << argument;
	}
	switch (operation >> 28 & 7) {
	case 0: *new = argument; return true;
	case 1: *new = old + argument; return true;
	case 2: *new = old | argument; return true;
	case 3: *new = old & ~argument; return true;
	case 4: *new = old ^ argument; return true;
	default: return false;
	}
}

static bool compare(uint32_t operation, uint32_t old, bool *result)
{
	int32_t argument = (int32_t)(operation << 20) >> 20, value = (int32_t)old;

	switch (operation >> 24 & 15) {
	case 0: *result = value == argument; return true;
	case 1: *result = value != argument; return true;
	case 2: *result = value < argument; return true;
	case 3: *result = value <= argument; return true;
	case 4: *result = value > argument; return true;
	case 5: *result = value >= argument; return true;
	default: return false;
	}
}

static int64_t operate_and_wake(const struct futex_key *first, uint32_t count, uint64_t address,
	const struct futex_key *second, uint32_t count2, uint32_t operation)
{
	uint32_t old, new, seen;
	int64_t woken;
	bool also;

	do {
		if (user_word(&old, address))
			return -LX_EFAULT;
		if (!operate(operation, old, &new) || !compare(operation, old, &also))
			return -LX_ENOSYS;
		if (user_swap32(address, old, new, &seen))
			return -LX_EFAULT;
	} while (seen != old);
	woken = wake_key(first, count, UINT32_MAX);
	return also ? woken + wake_key(second, count2, UINT32_MAX) : woken;
}

int64_t futex_wake_op(uint64_t address, uint32_t count, uint64_t second, uint32_t count2, uint32_t operation)
{
	struct futex_key first_key, second_key;
	int64_t result = find_key(address, &first_key);

	if (result)
		return result;
	hold(&first_key);
	result = find_key(second, &second_key);
	if (!result) {
		hold(&second_key);
		result = operate_and_wake(&first_key, count, second, &second_key, count2, operation);
		let_go(&second_key);
	}
	let_go(&first_key);
	return result;
}

/* ---- the end of a task ---- */

/* A lock whose holder died: mark it, and wake one waiter, who finds the mark. */
static void give_up_lock(uint64_t address, int32_t tid)
{
	uint32_t word, seen;

	do {
		if (user_word(&word, address) || (word & LX_FUTEX_TID_MASK) != (uint32_t)tid)
			return;
		if (user_swap32(address, word, (word & LX_FUTEX_WAITERS) | LX_FUTEX_OWNER_DIED, &seen))
			return;
	} while (seen != word);
	if (word & LX_FUTEX_WAITERS)
		futex_wake(address, 1, UINT32_MAX);
}

struct robust_head { /* struct robust_list_head */
	uint64_t first;
	int64_t offset; /* from an entry to its lock word */
	uint64_t pending;
};

void futex_end(struct task *t)
{
	struct robust_head head;
	uint64_t entry;

	if (!t->robust || user_read(&head, t->robust, sizeof(head)))
		return;
	entry = head.first;
	for (uint32_t i = 0; i < FUTEX_ROBUST_MOST && (entry & ~1ull) != t->robust; i++) {
		uint64_t next;

		if (user_read(&next, entry & ~1ull, sizeof(next)))
			break;
		if (entry != head.pending)
			give_up_lock((entry & ~1ull) + (uint64_t)head.offset, t->tid);
		entry = next;
		sched_preempt_point();
	}
	if (head.pending)
		give_up_lock((head.pending & ~1ull) + (uint64_t)head.offset, t->tid);
}
