/* SPDX-License-Identifier: MIT */
/* flock(2): locks of whole files, held by descriptions. A file has a record only while somebody holds or wants one. */
#include <fs/file.h>
#include <fs/inode.h>
#include <lib/assert.h>
#include <mm/heap.h>
#include <sched/wait.h>

struct file_lock { /* of an inode */
	struct wait_queue wait;
	uint32_t readers; /* descriptions with a shared lock */
	uint32_t waiters;
	bool writer;
};

static struct mm_cache locks = MM_CACHE(struct file_lock);

static void drop_if_unused(struct inode *inode)
{
	struct file_lock *l = inode->held;

	if (l->readers || l->writer || l->waiters)
		return;
	inode->held = NULL;
	mm_cache_free(&locks, l);
}

void file_unlock(struct file *f)
{
	struct file_lock *l = f->inode->held;

	assert(f->lock != FILE_UNLOCKED && l);
	if (f->lock == FILE_EXCLUSIVE)
		l->writer = false;
	else
		l->readers--;
	f->lock = FILE_UNLOCKED;
	sched_wake_all(&l->wait);
	drop_if_unused(f->inode);
}

static bool take(struct file *f, struct file_lock *l, enum file_locked wanted)
{
	if (l->writer || (wanted == FILE_EXCLUSIVE && l->readers))
		return false;
	l->writer = wanted == FILE_EXCLUSIVE;
	l->readers += wanted == FILE_SHARED;
	f->lock = wanted;
	return true;
}

/* The lock is there when another thread of the same description has taken it, too. */
static int64_t wait_for(struct file *f, struct file_lock *l, enum file_locked wanted)
{
	enum wait_result result = WAIT_WOKEN;

	l->waiters++;
	while (result != WAIT_INTERRUPTED && f->lock == FILE_UNLOCKED && !take(f, l, wanted))
		result = sched_wait(&l->wait, WAIT_FOREVER, true);
	l->waiters--;
	return f->lock == FILE_UNLOCKED ? -LX_ERESTART : 0;
}

int64_t file_lock(struct file *f, enum file_locked wanted, bool wait)
{
	struct inode *inode = f->inode;
	int64_t error = 0;

	if (!inode)
		return -LX_EOPNOTSUPP;
	if (f->lock == wanted)
		return 0;
	if (f->lock != FILE_UNLOCKED)
		file_unlock(f); /* as Linux: between the two locks others may come */
	if (wanted == FILE_UNLOCKED)
		return 0;
	if (!inode->held)
		inode->held = mm_cache_alloc(&locks);
	if (!inode->held)
		return -LX_ENOMEM;
	if (!take(f, inode->held, wanted))
		error = wait ? wait_for(f, inode->held, wanted) : -LX_EAGAIN;
	drop_if_unused(inode);
	return error;
}
