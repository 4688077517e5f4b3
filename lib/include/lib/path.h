/* SPDX-License-Identifier: MIT */
/* Taking paths apart. */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <abi/types.h>

struct qv_path_part {
	const char *name; /* not terminated */
	size_t length;
	bool last;        /* nothing but slashes follows */
	bool directory;   /* a slash follows: it must be a directory */
};

/* The next part of *path, which is advanced behind it and the slashes that follow; false at the end. */
bool qv_path_next(const char **path, struct qv_path_part *part);
/* "." and "..". */
bool qv_path_is_dot(const struct qv_path_part *part);
bool qv_path_is_dot_dot(const struct qv_path_part *part);

#endif
