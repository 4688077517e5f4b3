/* SPDX-License-Identifier: MIT */
/* Readers of single values; each reports its own errors with the key's name, and leaves *to alone then. */
#ifndef TOOLS_CONFIG_TAKE_H
#define TOOLS_CONFIG_TAKE_H

#include "config.h"

struct key { /* one row of the table of keys; the last row has name NULL */
	const char *name;
	const char *form; /* what the value looks like */
	const char *help;
	void (*read)(struct diag *d, const struct yaml_node *value, void *into);
};

/* Read every key of a map by the table; unknown ones are errors that suggest the nearest. `what` names the map. */
void take_map(struct diag *d, const struct yaml_node *map, const struct key *keys, const char *what, void *into);
/* Call `read` for each element of a list, at most CONFIG_MAX_LIST; a lone text counts as a list of one. */
void take_list(struct diag *d, const struct yaml_node *list, void *into,
	void (*read)(struct diag *d, const struct yaml_node *value, void *into));
bool take_text(struct diag *d, const struct yaml_node *value, struct config_text *to);
/* Lower-case letters, digits and '-', starting with a letter, shorter than QV_NAME_LEN. */
bool take_name(struct diag *d, const struct yaml_node *value, struct config_text *to);
bool take_number(struct diag *d, const struct yaml_node *value, uint64_t min, uint64_t max, struct config_number *to);
bool take_size(struct diag *d, const struct yaml_node *value, struct config_number *to);
bool take_time(struct diag *d, const struct yaml_node *value, struct config_number *to);
bool take_percent(struct diag *d, const struct yaml_node *value, struct config_number *to);
/* One of the NULL-terminated words; its index goes to *index. */
bool take_choice(struct diag *d, const struct yaml_node *value, const char *const *words, int *index);
/* The closest of `count` words within a small edit distance, or NULL. */
const char *nearest(const char *text, const char *const *words, int count);

#endif
