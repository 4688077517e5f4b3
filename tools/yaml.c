/* SPDX-License-Identifier: MIT */
/*
 * Text -> events (libfyaml) -> tree. Checks that libfyaml does not do, or does with recursion or without a place, are
 * made on the bytes before it sees them: size, UTF-8, control characters.
 */
#include "yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

struct builder {
	struct diag *d;
	struct fy_parser *parser;
	struct yaml_node *root;
	struct yaml_node *open[YAML_MAX_DEPTH]; /* containers being filled */
	struct yaml_node *pending_key[YAML_MAX_DEPTH];
	int depth;
	size_t nodes;
	int documents;
};

const char *yaml_kind_name(const struct yaml_node *node)
{
	static const char *const names[] = { "text", "a list", "a map" };

	return names[node->kind];
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct yaml_node *n = map && map->kind == YAML_MAP ? map->first : NULL;

	while (n && strcmp(n->key->text, key))
		n = n->next;
	return n;
}

void yaml_free(struct yaml_node *node)
{
	struct yaml_node *next;

	for (; node; node = next) { /* depth is bounded by YAML_MAX_DEPTH */
		next = node->next;
		yaml_free(node->key);
		yaml_free(node->first);
		free(node->text);
		free(node);
	}
}

/* Length of the UTF-8 sequence at `p`, or 0 if it is malformed (RFC 3629: shortest form, no surrogates). */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char mask, value;
		unsigned min;
	} form[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t n = 1; n <= 4; n++) {
		unsigned code = p[0] & (unsigned char)~form[n - 1].mask;

		if ((p[0] & form[n - 1].mask) != form[n - 1].value)
			continue;
		for (size_t i = 1; i < n; i++) {
			if (i >= left || (p[i] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (p[i] & 0x3fu);
		}
		return code < form[n - 1].min || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff ? 0 : n;
	}
	return 0;
}

static bool bytes_good(const char *bytes, size_t size, struct diag *d)
{
	const unsigned char *p = (const unsigned char *)bytes;
	struct place_in_file at = { 1, 1 };

	for (size_t i = 0, n; i < size; i += n, at.column++) {
		n = utf8_length(p + i, size - i);
		if (n == 0) {
			diag_error(d, at, "this byte is not UTF-8; save the file as UTF-8");
			return false;
		}
		if (p[i] == '\t') {
			diag_error(d, at, "tab character; indent and separate with spaces");
			return false;
		}
		if ((p[i] < ' ' && p[i] != '\n' && p[i] != '\r') || p[i] == 0x7f) {
			diag_error(d, at, "control character 0x%02x; remove it", p[i]);
			return false;
		}
		if (p[i] == '\n')
			at = (struct place_in_file){ at.line + 1, 0 };
	}
	return true;
}

static struct place_in_file event_place(struct fy_event *event)
{
	struct fy_token *token = fy_event_get_token(event);
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

	return mark ? (struct place_in_file){ mark->line + 1, mark->column + 1 } : (struct place_in_file){ 0, 0 };
}

static bool add_to_map(struct builder *b, struct yaml_node *map, struct yaml_node *node)
{
	struct yaml_node **key = &b->pending_key[b->depth - 1], *twin;

	if (*key) {
		node->key = *key;
		if (node->kind == YAML_SCALAR && !node->quoted && !node->text[0]) /* an absent value has no place of its own */
			node->at = node->key->at;
		*key = NULL;
		return true;
	}
	if (node->kind != YAML_SCALAR) {
		diag_error(b->d, node->at, "a key must be plain text, not %s; write `key: value`", yaml_kind_name(node));
		return false;
	}
	twin = yaml_get(map, node->text);
	if (twin) {
		diag_error(b->d, node->at, "`%s` is given twice, first on line %d; remove one", node->text, twin->key->at.line);
		return false;
	}
	*key = node;
	return true;
}

/* Hang a finished scalar or a container that begins into the tree. On failure the node is freed. */
static bool attach(struct builder *b, struct yaml_node *node)
{
	struct yaml_node *parent = b->depth ? b->open[b->depth - 1] : NULL;

	if (!parent) {
		b->root = node;
		return true;
	}
	if (parent->kind == YAML_MAP) {
		if (!add_to_map(b, parent, node)) {
			yaml_free(node);
			return false;
		}
		if (!node->key) /* it became the pending key itself */
			return true;
	}
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
	return true;
}

static bool event_allowed(struct builder *b, struct fy_event *event, struct place_in_file at)
{
	if (event->type == FYET_ALIAS || fy_event_get_anchor_token(event)) {
		diag_error(b->d, at, "anchors and aliases are not allowed in a system file; write the value out");
		return false;
	}
	if (fy_event_get_tag_token(event)) {
		diag_error(b->d, at, "tags are not allowed in a system file; remove the `!`");
		return false;
	}
	if (++b->nodes > YAML_MAX_NODES) {
		diag_error(b->d, at, "the file has more than %d values; a system file needs far fewer", YAML_MAX_NODES);
		return false;
	}
	return true;
}

static bool begin(struct builder *b, enum yaml_kind kind, struct place_in_file at)
{
	struct yaml_node *node;

	if (b->depth == YAML_MAX_DEPTH) {
		diag_error(b->d, at, "nested deeper than %d levels; a system file needs fewer", YAML_MAX_DEPTH);
		return false;
	}
	node = tool_alloc(1, sizeof(*node));
	node->kind = kind;
	node->at = at;
	if (!attach(b, node))
		return false;
	b->pending_key[b->depth] = NULL;
	b->open[b->depth++] = node;
	return true;
}

static bool scalar(struct builder *b, struct fy_event *event, struct place_in_file at)
{
	struct fy_token *token = event->scalar.value;
	struct yaml_node *node = tool_alloc(1, sizeof(*node));
	size_t size = 0;
	const char *text = token ? fy_token_get_text(token, &size) : NULL;

	node->kind = YAML_SCALAR;
	node->at = at;
	node->quoted = token && fy_scalar_token_get_style(token) != FYSS_PLAIN;
	node->text = tool_alloc(size + 1, 1);
	if (text && size)
		memcpy(node->text, text, size);
	if (strlen(node->text) == size)
		return attach(b, node);
	diag_error(b->d, at, "NUL character in text; remove it");
	yaml_free(node);
	return false;
}

static bool document(struct builder *b, struct place_in_file at)
{
	if (++b->documents == 1)
		return true;
	diag_error(b->d, at, "a second document begins here; a system file has one, remove the `---`");
	return false;
}

static bool take_event(struct builder *b, struct fy_event *event)
{
	struct place_in_file at = event_place(event);

	switch (event->type) {
	case FYET_DOCUMENT_START:
		return document(b, at);
	case FYET_ALIAS:
		return event_allowed(b, event, at);
	case FYET_SCALAR:
		return event_allowed(b, event, at) && scalar(b, event, at);
	case FYET_MAPPING_START:
		return event_allowed(b, event, at) && begin(b, YAML_MAP, at);
	case FYET_SEQUENCE_START:
		return event_allowed(b, event, at) && begin(b, YAML_LIST, at);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		b->depth--;
		return true;
	default:
		return true;
	}
}

/* libfyaml's own complaints, in our form. */
static void take_diagnostics(struct builder *b, struct fy_diag *fyd)
{
	const struct fy_diag_error *error;
	void *iterator = NULL;

	while ((error = fy_diag_errors_iterate(fyd, &iterator)))
		if (error->line > 0 || b->d->count == 0)
			diag_error(b->d, (struct place_in_file){ error->line, error->column < 1 ? 1 : error->column },
				"not valid YAML: %s; mend the line or quote the text", error->msg ? error->msg : "unknown");
	if (b->d->count == 0)
		diag_error(b->d, (struct place_in_file){ 0, 0 }, "not valid YAML; check indentation and quotes");
}

static bool build(struct builder *b, struct fy_diag *fyd)
{
	struct fy_event *event;
	bool good = true;

	while (good && (event = fy_parser_parse(b->parser))) {
		good = take_event(b, event);
		fy_parser_event_free(b->parser, event);
	}
	if (good && fy_parser_get_stream_error(b->parser)) {
		take_diagnostics(b, fyd);
		good = false;
	}
	return good && b->d->count == 0;
}

static void drop_diagnostics(struct fy_diag *diag, void *user, const char *text, size_t size)
{
	(void)diag, (void)user, (void)text, (void)size; /* they are collected, see take_diagnostics */
}

static struct yaml_node *parse_checked(const char *bytes, size_t size, struct diag *d)
{
	struct fy_diag_cfg diag_config = { .output_fn = drop_diagnostics, .level = FYET_ERROR, .module_mask = ~0u };
	struct fy_diag *fyd = fy_diag_create(&diag_config);
	struct fy_parse_cfg config = { .flags = FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
		.diag = fyd };
	struct builder b = { .d = d };
	bool good;

	if (fyd)
		fy_diag_set_collect_errors(fyd, true);
	b.parser = fyd ? fy_parser_create(&config) : NULL;
	good = b.parser && fy_parser_set_string(b.parser, bytes, size) == 0;
	if (good)
		good = build(&b, fyd);
	else
		diag_error(d, (struct place_in_file){ 0, 0 }, "the YAML parser could not start; is libfyaml installed whole?");
	if (b.parser)
		fy_parser_destroy(b.parser);
	if (fyd)
		fy_diag_destroy(fyd);
	if (good && b.root)
		return b.root;
	for (int i = 0; i < b.depth; i++)
		yaml_free(b.pending_key[i]);
	yaml_free(b.root);
	if (good)
		diag_error(d, (struct place_in_file){ 0, 0 }, "the file is empty; begin with `system: NAME`");
	return NULL;
}

struct yaml_node *yaml_parse(const char *bytes, size_t size, struct diag *d)
{
	if (size > YAML_MAX_BYTES) {
		diag_error(d, (struct place_in_file){ 0, 0 }, "the file is larger than 1 MiB; a system file is a page or two");
		return NULL;
	}
	return bytes_good(bytes, size, d) ? parse_checked(bytes, size, d) : NULL;
}
