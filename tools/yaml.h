/* SPDX-License-Identifier: MIT */
/*
 * A system file as a small tree. The parser is libfyaml's event interface; what it yields is bounded here: size, depth
 * and number of nodes, no anchors, aliases or tags, no second document, no key twice: no input makes the tree large.
 */
#ifndef TOOLS_YAML_H
#define TOOLS_YAML_H

#include "diag.h"

#include <stddef.h>

#define YAML_MAX_BYTES (1u << 20)
#define YAML_MAX_DEPTH 8
#define YAML_MAX_NODES 20000

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;             /* scalar in quotes: text even if it looks like a number */
	struct place_in_file at;
	char *text;              /* scalar: NUL-terminated, may be empty */
	struct yaml_node *key;   /* scalar, when this node is a value in a map */
	struct yaml_node *first; /* children of a list or map, in file order */
	struct yaml_node *last;
	struct yaml_node *next;
	size_t count;            /* children */
};

/* Parse. NULL after an error; then *d has at least one message. */
struct yaml_node *yaml_parse(const char *bytes, size_t size, struct diag *d);
/* Value of `key` in a map, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
void yaml_free(struct yaml_node *node);
/* "a list", "a map", "text": for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

#endif
