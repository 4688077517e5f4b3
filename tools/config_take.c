/* SPDX-License-Identifier: MIT */
/* Values repeated in messages are cut to SHOWN bytes: a hostile file must not fill the terminal. */
#include "config_take.h"
#include "units.h"

#include <string.h>

#define SHOWN 40 /* bytes of a wrong value that a message repeats */
#define MAX_CANDIDATES 32

static const char *label(const struct yaml_node *value)
{
	return value->key ? value->key->text : "item";
}

/* Number of single-character changes between two short words, capped: long words are never near. */
static int distance(const char *a, const char *b)
{
	int row[SHOWN + 1], m = (int)strlen(a), n = (int)strlen(b);

	if (m > SHOWN || n > SHOWN)
		return SHOWN;
	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; i <= m; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] + 1 < cost ? row[j] + 1 : cost;
			row[j] = row[j - 1] + 1 < row[j] ? row[j - 1] + 1 : row[j];
		}
	}
	return row[n];
}

const char *nearest(const char *text, const char *const *words, int count)
{
	int best = (int)strlen(text) / 3 + 2; /* a third of the letters may be wrong */
	const char *found = NULL;

	for (int i = 0; i < count; i++) {
		int d = distance(text, words[i]);

		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}

static void unknown_key(struct diag *d, const struct yaml_node *value, const struct key *keys, const char *what)
{
	const char *names[MAX_CANDIDATES], *near;
	int count = 0;

	for (; keys->name && count < MAX_CANDIDATES; keys++)
		names[count++] = keys->name;
	near = nearest(value->key->text, names, count);
	if (near)
		diag_error(d, value->key->at, "unknown key `%.*s` in %s; did you mean `%s`?", SHOWN, value->key->text, what, near);
	else
		diag_error(d, value->key->at, "unknown key `%.*s` in %s; docs/system-file.md lists the keys", SHOWN, value->key->text,
			what);
}

void take_map(struct diag *d, const struct yaml_node *map, const struct key *keys, const char *what, void *into)
{
	if (map->kind != YAML_MAP) {
		diag_error(d, map->at, "%s must be a map, not %s; write `key: value` lines", what, yaml_kind_name(map));
		return;
	}
	for (const struct yaml_node *value = map->first; value; value = value->next) {
		const struct key *key = keys;

		while (key->name && strcmp(key->name, value->key->text))
			key++;
		if (key->name)
			key->read(d, value, into);
		else
			unknown_key(d, value, keys, what);
	}
}

void take_list(struct diag *d, const struct yaml_node *list, void *into,
	void (*read)(struct diag *d, const struct yaml_node *value, void *into))
{
	if (list->kind == YAML_SCALAR && *list->text) {
		read(d, list, into);
		return;
	}
	if (list->kind != YAML_LIST) {
		diag_error(d, list->at, "`%s` must be a list; write [a, b] or lines that begin with `- `", label(list));
		return;
	}
	if (list->count > CONFIG_MAX_LIST) {
		diag_error(d, list->at, "`%s` has %zu entries; at most %d are possible, remove some", label(list), list->count,
			CONFIG_MAX_LIST);
		return;
	}
	for (const struct yaml_node *value = list->first; value; value = value->next)
		read(d, value, into);
}

bool take_text(struct diag *d, const struct yaml_node *value, struct config_text *to)
{
	if (value->kind != YAML_SCALAR) {
		diag_error(d, value->at, "`%s` must be text, not %s; write one value", label(value), yaml_kind_name(value));
		return false;
	}
	if (*value->text == 0) {
		diag_error(d, value->at, "`%s` has no value; write one after the colon", label(value));
		return false;
	}
	*to = (struct config_text){ value->text, value->at };
	return true;
}

static bool name_good(const char *text)
{
	if (*text < 'a' || *text > 'z' || strlen(text) >= QV_NAME_LEN)
		return false;
	for (; *text; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9') || *text == '-'))
			return false;
	return true;
}

bool take_name(struct diag *d, const struct yaml_node *value, struct config_text *to)
{
	struct config_text name;

	if (!take_text(d, value, &name))
		return false;
	if (!name_good(name.text)) {
		diag_error(d, value->at, "`%.*s` is not a name; use up to 31 lower-case letters, digits and `-`, a letter first",
			SHOWN, name.text);
		return false;
	}
	*to = name;
	return true;
}

static bool take_unit(struct diag *d, const struct yaml_node *value, const char *(*parse)(const char *, uint64_t *),
	struct config_number *to)
{
	struct config_text text;
	uint64_t number;
	const char *cause;

	if (!take_text(d, value, &text))
		return false;
	cause = parse(text.text, &number);
	if (cause) {
		diag_error(d, value->at, "`%s: %.*s` %s", label(value), SHOWN, text.text, cause);
		return false;
	}
	*to = (struct config_number){ number, true, value->at };
	return true;
}

bool take_size(struct diag *d, const struct yaml_node *value, struct config_number *to)
{
	return take_unit(d, value, units_size, to);
}

bool take_time(struct diag *d, const struct yaml_node *value, struct config_number *to)
{
	return take_unit(d, value, units_time, to);
}

bool take_percent(struct diag *d, const struct yaml_node *value, struct config_number *to)
{
	return take_unit(d, value, units_percent, to);
}

bool take_number(struct diag *d, const struct yaml_node *value, uint64_t min, uint64_t max, struct config_number *to)
{
	struct config_number number;

	if (!take_unit(d, value, units_number, &number))
		return false;
	if (number.value < min || number.value > max) {
		diag_error(d, value->at, "`%s: %.*s` is out of range; use %llu to %llu", label(value), SHOWN, value->text,
			(unsigned long long)min, (unsigned long long)max);
		return false;
	}
	*to = number;
	return true;
}

static void list_words(char *to, size_t size, const char *const *words)
{
	size_t used = 0;

	*to = 0;
	for (int i = 0; words[i] && used < size; i++)
		used += (size_t)snprintf(to + used, size - used, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

bool take_choice(struct diag *d, const struct yaml_node *value, const char *const *words, int *index)
{
	struct config_text text;
	char list[160];

	if (!take_text(d, value, &text))
		return false;
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], text.text) == 0) {
			*index = i;
			return true;
		}
	}
	list_words(list, sizeof(list), words);
	diag_error(d, value->at, "`%s: %.*s` is not possible; use %s", label(value), SHOWN, text.text, list);
	return false;
}
