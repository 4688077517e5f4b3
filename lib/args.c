/* SPDX-License-Identifier: MIT */
/* key=value words. One scanner finds the word; the readers only look at what follows the key. */
#include <lib/args.h>
#include <lib/assert.h>

/* What follows the key of its first word: '=', ' ' or the final NUL. NULL if the key is absent. */
static const char *after_key(const char *args, const char *key)
{
	for (const char *word = args; *word;) {
		size_t i = 0;

		while (key[i] && word[i] == key[i])
			i++;
		if (!key[i] && (word[i] == '=' || word[i] == ' ' || !word[i]))
			return word + i;
		while (*word && *word != ' ')
			word++;
		while (*word == ' ')
			word++;
	}
	return NULL;
}

bool qv_args_has(const char *args, const char *key)
{
	return after_key(args, key) != NULL;
}

bool qv_args_text(const char *args, const char *key, char *to, size_t size)
{
	const char *value = after_key(args, key);
	size_t n = 0;

	assert(size > 0);
	to[0] = '\0';
	if (!value || *value != '=')
		return false;
	for (value++; *value && *value != ' ' && n + 1 < size; value++)
		to[n++] = *value;
	to[n] = '\0';
	return true;
}

/* Value of a digit in `base`, or `base` if it is none. */
static unsigned digit_value(char c, unsigned base)
{
	unsigned v = base;

	if (c >= '0' && c <= '9')
		v = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		v = (unsigned)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		v = (unsigned)(c - 'A') + 10;
	return v < base ? v : base;
}

uint64_t qv_args_number(const char *args, const char *key, uint64_t otherwise)
{
	const char *p = after_key(args, key);
	unsigned base = 10;
	uint64_t n = 0;

	if (!p || *p != '=')
		return otherwise;
	p++;
	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	if (digit_value(*p, base) == base)
		return otherwise;
	for (; *p && *p != ' '; p++) {
		unsigned v = digit_value(*p, base);

		if (v == base || n > (UINT64_MAX - v) / base)
			return otherwise;
		n = n * base + v;
	}
	return n;
}
