/* SPDX-License-Identifier: MIT */
/* Whole numbers only, so that no rounding comes between the file and the machine. */
#include "units.h"

#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

static const char *const not_a_number = "is not a whole number; write digits only";
static const char *const too_large = "is too large; make it smaller";

/* Digits at *text; moves past them. */
static const char *digits(const char **text, unsigned base, uint64_t *value)
{
	const char *p = *text;

	*value = 0;
	for (;; p++) {
		unsigned digit;

		if (*p >= '0' && *p <= '9')
			digit = (unsigned)(*p - '0');
		else if (base == 16 && ((*p | 32) >= 'a' && (*p | 32) <= 'f'))
			digit = (unsigned)((*p | 32) - 'a') + 10;
		else
			break;
		if (*value > (UINT64_MAX - digit) / base)
			return too_large;
		*value = *value * base + digit;
	}
	if (p == *text)
		return not_a_number;
	*text = p;
	return NULL;
}

/* `form` is the answer to what is no number at all, `missing` to a wrong or absent unit. */
static const char *with_unit(const char *text, const struct unit *units, const char *form, const char *missing,
	uint64_t *value)
{
	const char *cause = digits(&text, 10, value);

	if (cause)
		return cause == not_a_number ? form : cause;
	while (*text == ' ')
		text++;
	if (*text == '.')
		return form;
	for (; units->name; units++) {
		if (strcmp(text, units->name))
			continue;
		if (*value > UINT64_MAX / units->factor)
			return too_large;
		*value *= units->factor;
		return NULL;
	}
	return missing;
}

const char *units_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = { { "KiB", 1ull << 10 }, { "MiB", 1ull << 20 }, { "GiB", 1ull << 30 }, { 0 } };

	return with_unit(text, units, "is not a whole number with a unit; write it like 64 MiB",
		"has no unit of size; add KiB, MiB or GiB", bytes);
}

const char *units_time(const char *text, uint64_t *nanoseconds)
{
	static const struct unit units[] = { { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { 0 } };

	return with_unit(text, units, "is not a whole number with a unit; write it like 5 ms",
		"has no unit of time; add us, ms or s", nanoseconds);
}

const char *units_percent(const char *text, uint64_t *thousandths)
{
	const char *cause = digits(&text, 10, thousandths);
	uint64_t scale = 100;

	if (cause)
		return cause == not_a_number ? "is not a percentage; write it like 10%" : cause;
	if (*thousandths > 1000000)
		return too_large;
	*thousandths *= 1000;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9' && scale; text++, scale /= 10)
			*thousandths += (uint64_t)(*text - '0') * scale;
	while (*text == ' ')
		text++;
	return strcmp(text, "%") ? "is not a percentage; write it like 10%" : NULL;
}

const char *units_number(const char *text, uint64_t *value)
{
	unsigned base = text[0] == '0' && text[1] == 'x' ? 16 : 10;
	const char *cause;

	if (base == 16)
		text += 2;
	cause = digits(&text, base, value);
	if (cause)
		return cause;
	return *text ? not_a_number : NULL;
}

const char *units_print_size(char to[32], uint64_t bytes)
{
	static const char *const names[] = { "bytes", "KiB", "MiB", "GiB" };
	unsigned i = 0;

	while (i < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	(void)snprintf(to, 32, "%llu %s", (unsigned long long)bytes, names[i]);
	return to;
}
