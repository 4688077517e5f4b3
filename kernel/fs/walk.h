/* SPDX-License-Identifier: MIT */
/* Private: the path walk, for what is done with names. */
#ifndef FS_WALK_H
#define FS_WALK_H

#include <fs/path.h>

#define WALK_FOLLOW 1u /* a symbolic link at the end is followed */
#define WALK_EMPTY  2u /* an empty path is where the walk starts */
#define WALK_NAME   4u /* the last name itself is wanted: slashes behind it follow no link and check nothing */
#define WALK_CREATE 8u /* for a file that may be made: a slash behind its name is -LX_EISDIR at once */

struct walk_end {
	struct inode *dir;   /* referenced; NULL for "/" and the empty path */
	struct inode *inode; /* referenced; NULL = there is no such name in `dir` */
	bool directory;      /* a slash follows the name */
	bool special;        /* ".", ".." or no name at all */
	size_t length;
	char name[LX_NAME_MAX + 1];
};

void walk_set_root(struct inode *inode);
struct inode *walk_root(void);
/* 0, then walk_drop when done; or an error. A missing last name is no error. No preemption point comes after the last
 * lookup. */
int64_t walk(const struct path_at *at, const char *path, uint32_t how, struct walk_end *end);
void walk_drop(struct walk_end *end);
/* The path of the end, without links: its length with the NUL, or an error. Preemptible. */
int64_t walk_path(const struct walk_end *end, char *to, size_t size);

#endif
