/* SPDX-License-Identifier: MIT */
#include <lib/path.h>

bool qv_path_next(const char **path, struct qv_path_part *part)
{
	const char *at = *path;

	while (*at == '/')
		at++;
	part->name = at;
	while (*at && *at != '/')
		at++;
	part->length = (size_t)(at - part->name);
	part->directory = *at == '/';
	while (*at == '/')
		at++;
	part->last = !*at;
	*path = at;
	return part->length > 0;
}

bool qv_path_is_dot(const struct qv_path_part *part)
{
	return part->length == 1 && part->name[0] == '.';
}

bool qv_path_is_dot_dot(const struct qv_path_part *part)
{
	return part->length == 2 && part->name[0] == '.' && part->name[1] == '.';
}
