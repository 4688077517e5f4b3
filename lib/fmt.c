/* SPDX-License-Identifier: MIT */
/* Integer-only formatter. One pass over the format; every field goes through pad_and_send(). */
#include <lib/fmt.h>
#include <lib/string.h>

struct spec {
	bool left, zero, has_precision;
	size_t width;
	size_t precision;
	int longs;  /* 0: int, 1: long, 2: long long, -1: short, -2: char */
};

struct out {
	qv_sink *sink;
	void *context;
	size_t count;
};

static void send(struct out *o, const char *bytes, size_t n)
{
	if (n == 0)
		return;
	o->sink(o->context, bytes, n);
	o->count += n;
}

static void fill(struct out *o, char c, size_t n)
{
	while (n-- > 0)
		send(o, &c, 1);
}

/* `sign` bytes of the text stay in front of padding zeros. */
static void pad_and_send(struct out *o, const struct spec *s, const char *text, size_t n, size_t sign)
{
	size_t pad = s->width > n ? s->width - n : 0;

	if (s->left) {
		send(o, text, n);
		fill(o, ' ', pad);
	} else if (s->zero) {
		send(o, text, sign);
		fill(o, '0', pad);
		send(o, text + sign, n - sign);
	} else {
		fill(o, ' ', pad);
		send(o, text, n);
	}
}

/* Digits of `value` before `end`; returns where they start. */
static char *digits(char *end, uint64_t value, unsigned base)
{
	do {
		*--end = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	return end;
}

static void put_unsigned(struct out *o, const struct spec *s, uint64_t value, unsigned base)
{
	char buffer[24], *end = buffer + sizeof(buffer);
	char *start = digits(end, value, base);

	pad_and_send(o, s, start, (size_t)(end - start), 0);
}

static void put_signed(struct out *o, const struct spec *s, int64_t value)
{
	char buffer[24], *end = buffer + sizeof(buffer);
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char *start = digits(end, magnitude, 10);

	if (value < 0)
		*--start = '-';
	pad_and_send(o, s, start, (size_t)(end - start), value < 0 ? 1 : 0);
}

static void put_pointer(struct out *o, const struct spec *s, uint64_t value)
{
	char buffer[24], *end = buffer + sizeof(buffer);
	char *start = digits(end, value, 16);

	*--start = 'x';
	*--start = '0';
	pad_and_send(o, s, start, (size_t)(end - start), 2);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	struct spec plain = *s;
	size_t n = 0;

	if (!text)
		text = "(null)";
	while ((!s->has_precision || n < s->precision) && text[n])
		n++;
	plain.zero = false;
	pad_and_send(o, &plain, text, n, 0);
}

static const char *read_number(const char *f, size_t *n)
{
	while (*f >= '0' && *f <= '9')
		*n = *n * 10 + (size_t)(*f++ - '0');
	return f;
}

static const char *read_length(const char *f, struct spec *s)
{
	for (;; f++) {
		if (*f == 'l')
			s->longs++;
		else if (*f == 'z')
			s->longs = 1;
		else if (*f == 'h')
			s->longs--;
		else
			return f;
	}
}

static const char *read_spec(const char *f, struct spec *s, va_list *args)
{
	for (;; f++) {
		if (*f == '-')
			s->left = true;
		else if (*f == '0')
			s->zero = true;
		else
			break;
	}
	if (*f == '*') {
		int width = va_arg(*args, int);

		s->width = width > 0 ? (size_t)width : 0;
		f++;
	} else {
		f = read_number(f, &s->width);
	}
	if (*f == '.') {
		s->has_precision = true;
		if (f[1] == '*') {
			int precision = va_arg(*args, int);

			s->precision = precision > 0 ? (size_t)precision : 0;
			f += 2;
		} else {
			f = read_number(f + 1, &s->precision);
		}
	}
	return read_length(f, s);
}

static int64_t signed_arg(int longs, va_list *args)
{
	switch (longs) {
	case 0: return va_arg(*args, int);
	case -1: return (short)va_arg(*args, int);
	case -2: return (signed char)va_arg(*args, int);
	default: return longs > 0 ? va_arg(*args, long long) : 0;
	}
}

static uint64_t unsigned_arg(int longs, va_list *args)
{
	switch (longs) {
	case 0: return va_arg(*args, unsigned);
	case -1: return (unsigned short)va_arg(*args, unsigned);
	case -2: return (unsigned char)va_arg(*args, unsigned);
	default: return longs > 0 ? va_arg(*args, unsigned long long) : 0;
	}
}

/* One conversion; an unknown one is shown as it stands. */
static void convert(struct out *o, char c, const struct spec *s, va_list *args)
{
	char one[2] = { '%', c };

	switch (c) {
	case 'd':
	case 'i':
		put_signed(o, s, signed_arg(s->longs, args));
		break;
	case 'u':
		put_unsigned(o, s, unsigned_arg(s->longs, args), 10);
		break;
	case 'x':
		put_unsigned(o, s, unsigned_arg(s->longs, args), 16);
		break;
	case 'p':
		put_pointer(o, s, (uint64_t)(uintptr_t)va_arg(*args, void *));
		break;
	case 's':
		put_string(o, s, va_arg(*args, const char *));
		break;
	case 'c':
		one[0] = (char)va_arg(*args, int);
		pad_and_send(o, &(struct spec){ .left = s->left, .width = s->width }, one, 1, 0);
		break;
	case '%':
		send(o, one, 1);
		break;
	default:
		send(o, one, 2);
	}
}

size_t qv_vformat(qv_sink *sink, void *context, const char *format, va_list args)
{
	struct out o = { .sink = sink, .context = context };
	va_list copy;

	va_copy(copy, args);
	while (*format) {
		const char *start = format;
		struct spec s = { 0 };

		while (*format && *format != '%')
			format++;
		send(&o, start, (size_t)(format - start));
		if (!*format)
			break;
		format = read_spec(format + 1, &s, &copy);
		if (!*format)
			break;
		convert(&o, *format++, &s, &copy);
	}
	va_end(copy);
	return o.count;
}

size_t qv_format(qv_sink *sink, void *context, const char *format, ...)
{
	va_list args;
	size_t n;

	va_start(args, format);
	n = qv_vformat(sink, context, format, args);
	va_end(args);
	return n;
}

struct bounded {
	char *to;
	size_t space; /* without the final NUL */
	size_t used;
};

static void bounded_sink(void *context, const char *bytes, size_t n)
{
	struct bounded *b = context;
	size_t room = b->space - b->used;

	if (n > room)
		n = room;
	memcpy(b->to + b->used, bytes, n);
	b->used += n;
}

static void null_sink(void *context, const char *bytes, size_t n)
{
	(void)context;
	(void)bytes;
	(void)n;
}

size_t qv_snprintf(char *to, size_t size, const char *format, ...)
{
	struct bounded b = { .to = to, .space = size ? size - 1 : 0 };
	va_list args;
	size_t n;

	va_start(args, format);
	n = qv_vformat(size ? bounded_sink : null_sink, &b, format, args);
	va_end(args);
	if (size)
		to[b.used] = '\0';
	return n;
}
