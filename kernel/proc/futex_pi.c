/* SPDX-License-Identifier: MIT */
/*
 * PI futexes (futex(2) of Linux). The word holds the owner's thread number; while threads wait there is also a
 * `struct pi_lock`, whose mutex does the waiting and the inheritance.
 *
 * hold() makes the word's page present and writable; from then on until this thread blocks, nobody else runs and no
 * access to the word faults. So a step looks, decides and writes as one. A thread that ends gives its locks on without
 * touching their words, which may be anywhere: the one who gets such a lock writes its number itself.
 */
#include "proc.h"

#include <abi/limits.h>
#include <lib/assert.h>
#include <mm/frame.h>

#define SHARED_OWNER 1u
#define HASH_FACTOR 0x9e3779b97f4a7c15ull
#define BUCKET_SHIFT 58u /* 64 - log2(PI_BUCKETS) */

struct pi_lock {
	struct mutex mutex; /* first */
	struct pi_lock *next, **link;
	uint64_t space, where; /* as other futexes are known: memory and address, or SHARED_OWNER and frame */
	uint32_t users; /* threads in futex_lock_pi that know it; the last one frees it */
	bool died;      /* the last owner ended; the next one has not written its number yet */
};

static struct mm_cache locks = MM_CACHE(struct pi_lock);

static int64_t hold(uint64_t address, uint32_t *word)
{
	uint32_t seen;

	if (address % 4)
		return -LX_EINVAL;
	if (user_read(&seen, address, sizeof(seen)))
		return -LX_EFAULT;
	do {
		*word = seen;
		if (user_swap32(address, *word, *word, &seen))
			return -LX_EFAULT;
	} while (seen != *word);
	return 0;
}

/* The word is held and is `old`. */
static void put(uint64_t address, uint32_t old, uint32_t new)
{
	uint32_t seen;

	(void)user_swap32(address, old, new, &seen);
}

static struct task *owner_of(const struct pi_lock *lock)
{
	return (struct task *)lock->mutex.owner;
}

/* The word is held, so a shared page is there. */
static struct pi_lock key_of(uint64_t address)
{
	uint64_t frame = 0;

	(void)space_shared_frame(process_self()->memory->space, address, &frame);
	return frame ? (struct pi_lock){.space = SHARED_OWNER, .where = frame} :
		(struct pi_lock){.space = (uint64_t)process_self()->memory, .where = address};
}

static struct pi_lock **bucket_of(const struct pi_lock *key)
{
	return &proc_core()->pi[(key->space ^ key->where) * HASH_FACTOR >> BUCKET_SHIFT];
}

static struct pi_lock *find(const struct pi_lock *key)
{
	struct pi_lock *lock = *bucket_of(key);

	while (lock && (lock->space != key->space || lock->where != key->where))
		lock = lock->next;
	return lock;
}

static uint64_t frame_of(const struct pi_lock *lock)
{
	return lock->where & ~(uint64_t)(QV_PAGE_SIZE - 1);
}

/* The frame that it is known by is held: unmapped meanwhile, it must not become the shared page of another. */
static void enter(struct pi_lock *lock, const struct pi_lock *key)
{
	if (key->space == SHARED_OWNER)
		mm_frame_get(frame_of(key));
	lock->space = key->space;
	lock->where = key->where;
	lock->link = bucket_of(key);
	lock->next = *lock->link;
	if (lock->next)
		lock->next->link = &lock->next;
	*lock->link = lock;
}

static void put_lock(struct pi_lock *lock)
{
	if (--lock->users)
		return;
	mutex_drop(&lock->mutex);
	*lock->link = lock->next;
	if (lock->next)
		lock->next->link = lock->link;
	if (lock->space == SHARED_OWNER)
		mm_frame_put(frame_of(lock));
	mm_cache_free(&locks, lock);
}

/* The running task got the lock of one that ended, and tells the word so; that may fault. Whom it meets there waits. */
static int64_t tell_death(struct pi_lock *lock, uint64_t address)
{
	uint32_t word;

	if (hold(address, &word)) {
		(void)mutex_pass(&lock->mutex);
		return -LX_EFAULT;
	}
	put(address, word, LX_FUTEX_OWNER_DIED | LX_FUTEX_WAITERS | (uint32_t)task_self()->tid);
	lock->died = false;
	return 0;
}

static int64_t wait(struct pi_lock *lock, uint64_t address, uint64_t deadline)
{
	enum wait_result result;

	lock->users++;
	result = mutex_wait(&lock->mutex, deadline);
	if (result == WAIT_WOKEN) {
		int64_t error = lock->died ? tell_death(lock, address) : 0;

		put_lock(lock);
		return error;
	}
	put_lock(lock);
	return result == WAIT_TIMEOUT ? -LX_ETIMEDOUT : -LX_ERESTARTNOINTR;
}

/* Who has the lock by its word, or why nobody can be waited for. */
static int64_t find_owner(const struct pi_lock *lock, uint32_t word, struct task **owner)
{
	int32_t tid = (int32_t)(word & LX_FUTEX_TID_MASK);

	if (lock && lock->mutex.owner) {
		*owner = owner_of(lock);
		return tid && !lock->died && tid != (*owner)->tid ? -LX_EINVAL : 0;
	}
	*owner = task_by_tid(tid);
	return *owner && !(*owner)->pi_over ? 0 : -LX_ESRCH;
}

/* The word is held: take it, fail, or say with 1 that *out, which may be `spare`, is to be waited for. */
static int64_t attempt(uint64_t address, uint32_t word, bool try, struct pi_lock *spare, struct pi_lock **out)
{
	struct pi_lock key = key_of(address), *lock = find(&key);
	uint32_t self = (uint32_t)task_self()->tid;
	struct task *owner;
	int64_t error;

	if (!(word & LX_FUTEX_TID_MASK) && !(lock && lock->mutex.owner)) {
		put(address, word, self | (word & LX_FUTEX_OWNER_DIED));
		return 0;
	}
	if ((word & LX_FUTEX_TID_MASK) == self)
		return -LX_EDEADLK;
	error = find_owner(lock, word, &owner);
	if (error || try)
		return error ? error : -LX_EAGAIN;
	if (mutex_circle(&owner->thread, &task_self()->thread))
		return -LX_EDEADLK;
	if (!lock) {
		lock = spare;
		enter(lock, &key);
	}
	if (!lock->mutex.owner)
		mutex_give(&lock->mutex, &owner->thread);
	put(address, word, word | LX_FUTEX_WAITERS);
	*out = lock;
	return 1;
}

int64_t futex_lock_pi(uint64_t address, uint64_t deadline, bool try)
{
	struct pi_lock *spare = mm_cache_alloc(&locks), *lock = NULL; /* before the word is held: this may take a while */
	uint32_t word;
	int64_t result;

	if (!spare)
		return -LX_ENOMEM;
	result = hold(address, &word);
	if (!result)
		result = attempt(address, word, try, spare, &lock);
	if (lock != spare)
		mm_cache_free(&locks, spare);
	return result == 1 ? wait(lock, address, deadline) : result;
}

int64_t futex_unlock_pi(uint64_t address)
{
	struct task *self = task_self();
	struct pi_lock key, *lock;
	struct thread *next;
	uint32_t word;
	int64_t error = hold(address, &word);

	if (error)
		return error;
	if ((word & LX_FUTEX_TID_MASK) != (uint32_t)self->tid)
		return -LX_EPERM;
	key = key_of(address);
	lock = find(&key);
	if (lock && lock->mutex.owner && owner_of(lock) != self)
		return -LX_EINVAL;
	next = lock && lock->mutex.owner ? mutex_pass(&lock->mutex) : NULL;
	put(address, word, next ? LX_FUTEX_WAITERS | (uint32_t)((struct task *)next)->tid : 0);
	return 0;
}

void futex_pi_end(struct task *t)
{
	t->pi_over = true;
	while (t->thread.held) {
		struct pi_lock *lock = (struct pi_lock *)t->thread.held;

		lock->died = true;
		if (!mutex_pass(&lock->mutex)) /* those who know it have given up and are about to go */
			lock->died = false;
		sched_preempt_point();
	}
}
