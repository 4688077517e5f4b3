/* SPDX-License-Identifier: MIT */
#include <lib/assert.h>
#include <lib/string.h>
#include <lib/tty.h>

#define DISABLED 0u /* this key has no function (_POSIX_VDISABLE) */
#define DELETE   0x7fu
#define TAB      8u

struct echo { /* where output goes */
	struct qv_tty *t;
	qv_sink *sink;
	void *context;
};

static bool has(const struct qv_tty *t, uint32_t local)
{
	return t->termios.local & local;
}

static bool is_key(const struct qv_tty *t, enum lx_cc which, uint8_t key)
{
	return key != DISABLED && t->termios.cc[which] == key;
}

void qv_tty_init(struct qv_tty *t)
{
	static const struct lx_termios fresh = {
		.input = LX_ICRNL | LX_IXON | LX_IUTF8,
		.output = LX_OPOST | LX_ONLCR,
		.control = LX_B38400 | LX_CS8 | LX_CREAD | LX_HUPCL,
		.local = LX_ISIG | LX_ICANON | LX_ECHO | LX_ECHOE | LX_ECHOK | LX_ECHOCTL | LX_ECHOKE | LX_IEXTEN,
		.cc = {[LX_VINTR] = 3, [LX_VQUIT] = 28, [LX_VERASE] = DELETE, [LX_VKILL] = 21, [LX_VEOF] = 4, [LX_VMIN] = 1,
			[LX_VSTART] = 17, [LX_VSTOP] = 19, [LX_VSUSP] = 26, [LX_VREPRINT] = 18, [LX_VDISCARD] = 15,
			[LX_VWERASE] = 23, [LX_VLNEXT] = 22},
	};

	memset(t, 0, sizeof(*t));
	t->termios = fresh;
	t->size = (struct lx_winsize){.rows = 24, .columns = 80};
}

/* Output. */

static bool continues_utf8(const struct qv_tty *t, uint8_t byte)
{
	return (t->termios.input & LX_IUTF8) && (byte & 0xc0) == 0x80;
}

static void move_column(struct qv_tty *t, uint8_t byte)
{
	if (byte == '\r')
		t->column = 0;
	else if (byte == '\b')
		t->column -= t->column > 0;
	else if (byte == '\t')
		t->column = (t->column / TAB + 1) * TAB;
	else if (byte >= ' ' && byte != DELETE && !continues_utf8(t, byte))
		t->column++;
}

/* One byte as OPOST wants it. */
static void put(const struct echo *e, uint8_t byte)
{
	struct qv_tty *t = e->t;
	bool post = t->termios.output & LX_OPOST;

	if (byte == '\n' && post && (t->termios.output & LX_ONLCR)) {
		e->sink(e->context, "\r\n", 2);
		t->column = 0;
		return;
	}
	if (byte == '\r' && post && (t->termios.output & LX_OCRNL))
		byte = '\n';
	move_column(t, byte);
	e->sink(e->context, (const char *)&byte, 1);
}

void qv_tty_write(struct qv_tty *t, const char *bytes, size_t n, qv_sink *sink, void *context)
{
	const struct echo e = {t, sink, context};

	for (size_t i = 0; i < n; i++)
		put(&e, (uint8_t)bytes[i]);
}

static bool is_control(uint8_t key)
{
	return (key < ' ' && key != '\t' && key != '\n') || key == DELETE;
}

static void echo_key(const struct echo *e, uint8_t key)
{
	if (is_control(key) && has(e->t, LX_ECHOCTL)) {
		put(e, '^');
		put(e, key ^ 0x40);
	} else {
		put(e, key);
	}
}

/* The buffer. */

static uint8_t *at(struct qv_tty *t, uint32_t position)
{
	return &t->buffer[position % QV_TTY_BYTES];
}

static bool ends_line(const struct qv_tty *t, uint32_t position)
{
	return t->ends[position % QV_TTY_BYTES / 64] >> position % 64 & 1;
}

static void mark_end(struct qv_tty *t, uint32_t position, bool end)
{
	uint64_t *word = &t->ends[position % QV_TTY_BYTES / 64], bit = 1ull << position % 64;

	*word = end ? *word | bit : *word & ~bit;
}

static uint32_t room(const struct qv_tty *t)
{
	return QV_TTY_BYTES - (t->typed - t->read);
}

static void append(struct qv_tty *t, uint8_t key, bool end)
{
	assert(room(t) > 0);
	*at(t, t->typed) = key;
	mark_end(t, t->typed, end);
	t->typed++;
}

/* Editing of the line. */

/* Columns that the bytes of the line from its start to `end` take on the screen. */
static uint32_t width_to(struct qv_tty *t, uint32_t end)
{
	uint32_t column = t->line_column;

	for (uint32_t i = t->done; i != end; i++) {
		uint8_t byte = *at(t, i);

		if (byte == '\t')
			column = (column / TAB + 1) * TAB;
		else if (is_control(byte))
			column += has(t, LX_ECHOCTL) ? 2 : 0;
		else
			column += !continues_utf8(t, byte);
	}
	return column;
}

/* Take the last character back, all bytes of it; the screen follows. */
static void erase_one(const struct echo *e)
{
	struct qv_tty *t = e->t;
	uint32_t before = width_to(t, t->typed);
	bool tab;

	do
		t->typed--;
	while (t->typed != t->done && continues_utf8(t, *at(t, t->typed)));
	if (!has(t, LX_ECHO))
		return;
	if (!has(t, LX_ECHOE)) {
		echo_key(e, t->termios.cc[LX_VERASE]);
		return;
	}
	tab = *at(t, t->typed) == '\t';
	for (uint32_t i = width_to(t, t->typed); i < before; i++) {
		put(e, '\b');
		if (!tab) {
			put(e, ' ');
			put(e, '\b');
		}
	}
}

static bool is_word(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '_' ||
		byte >= 0x80;
}

static void erase_word(const struct echo *e)
{
	struct qv_tty *t = e->t;

	while (t->typed != t->done && !is_word(*at(t, t->typed - 1)))
		erase_one(e);
	while (t->typed != t->done && is_word(*at(t, t->typed - 1)))
		erase_one(e);
}

static void erase_line(const struct echo *e)
{
	struct qv_tty *t = e->t;

	if (has(t, LX_ECHO) && has(t, LX_ECHOK) && has(t, LX_ECHOKE) && has(t, LX_ECHOE)) {
		while (t->typed != t->done)
			erase_one(e);
		return;
	}
	t->typed = t->done;
	if (has(t, LX_ECHO)) {
		echo_key(e, t->termios.cc[LX_VKILL]);
		if (has(t, LX_ECHOK))
			put(e, '\n');
	}
}

static void print_again(const struct echo *e)
{
	struct qv_tty *t = e->t;

	if (!has(t, LX_ECHO))
		return;
	echo_key(e, t->termios.cc[LX_VREPRINT]);
	put(e, '\n');
	t->line_column = 0;
	for (uint32_t i = t->done; i != t->typed; i++)
		echo_key(e, *at(t, i));
}

static bool edit(const struct echo *e, uint8_t key)
{
	struct qv_tty *t = e->t;

	if (is_key(t, LX_VERASE, key)) {
		if (t->typed != t->done)
			erase_one(e);
	} else if (is_key(t, LX_VKILL, key)) {
		erase_line(e);
	} else if (is_key(t, LX_VWERASE, key) && has(t, LX_IEXTEN)) {
		erase_word(e);
	} else if (is_key(t, LX_VREPRINT, key) && has(t, LX_IEXTEN)) {
		print_again(e);
	} else {
		return false;
	}
	return true;
}

/* Does this key end the line? VEOF does without being part of it. */
static bool line_end(const struct echo *e, uint8_t key)
{
	struct qv_tty *t = e->t;

	if (is_key(t, LX_VEOF, key)) {
		append(t, DISABLED, true);
	} else if (key == '\n' || is_key(t, LX_VEOL, key) || (is_key(t, LX_VEOL2, key) && has(t, LX_IEXTEN))) {
		if (has(t, LX_ECHO) || (key == '\n' && has(t, LX_ECHONL)))
			echo_key(e, key);
		append(t, key, true);
	} else {
		return false;
	}
	t->done = t->typed;
	return true;
}

static void plain_key(const struct echo *e, uint8_t key)
{
	struct qv_tty *t = e->t;

	/* One byte is kept for the end of the line. */
	if (room(t) <= (qv_tty_canonical(t) ? 1u : 0u)) {
		e->sink(e->context, "\a", 1);
		return;
	}
	if (t->typed == t->done)
		t->line_column = t->column;
	if (has(t, LX_ECHO))
		echo_key(e, key);
	append(t, key, false);
	if (!qv_tty_canonical(t))
		t->done = t->typed;
}

static void canonical_key(const struct echo *e, uint8_t key)
{
	struct qv_tty *t = e->t;

	if (is_key(t, LX_VLNEXT, key) && has(t, LX_IEXTEN)) {
		t->literal = true;
		if (has(t, LX_ECHO) && has(t, LX_ECHOCTL))
			e->sink(e->context, "^\b", 2);
		return;
	}
	if (edit(e, key))
		return;
	if (room(t) == 0 || !line_end(e, key))
		plain_key(e, key);
}

/* Keys with an effect of their own. */

static int32_t signal_of(const struct qv_tty *t, uint8_t key)
{
	if (!has(t, LX_ISIG))
		return 0;
	if (is_key(t, LX_VINTR, key))
		return LX_SIGINT;
	if (is_key(t, LX_VQUIT, key))
		return LX_SIGQUIT;
	return is_key(t, LX_VSUSP, key) ? LX_SIGTSTP : 0;
}

static bool flow_control(struct qv_tty *t, uint8_t key)
{
	if (!(t->termios.input & LX_IXON) || !(is_key(t, LX_VSTOP, key) || is_key(t, LX_VSTART, key)))
		return false;
	t->stopped = is_key(t, LX_VSTOP, key);
	return true;
}

void qv_tty_flush(struct qv_tty *t)
{
	t->read = t->done = t->typed;
}

/* Newline and carriage return as the input flags say; false = the key is dropped. */
static bool translate(const struct qv_tty *t, uint8_t *key)
{
	uint32_t flags = t->termios.input;

	if (flags & LX_ISTRIP)
		*key &= 0x7f;
	if (*key == '\r') {
		if (flags & LX_IGNCR)
			return false;
		if (flags & LX_ICRNL)
			*key = '\n';
	} else if (*key == '\n' && (flags & LX_INLCR)) {
		*key = '\r';
	}
	return true;
}

int32_t qv_tty_key(struct qv_tty *t, uint8_t key, qv_sink *sink, void *context)
{
	const struct echo e = {t, sink, context};
	int32_t signal;

	if (t->literal) {
		t->literal = false;
		plain_key(&e, key);
		return 0;
	}
	if (!translate(t, &key) || flow_control(t, key))
		return 0;
	signal = signal_of(t, key);
	if (signal) {
		t->stopped = false;
		if (!has(t, LX_NOFLSH))
			qv_tty_flush(t);
		if (has(t, LX_ECHO))
			echo_key(&e, key);
	} else if (qv_tty_canonical(t)) {
		canonical_key(&e, key);
	} else {
		plain_key(&e, key);
	}
	return signal;
}

/* Reading. */

static bool is_eof_mark(struct qv_tty *t, uint32_t position)
{
	return ends_line(t, position) && *at(t, position) == DISABLED;
}

uint32_t qv_tty_ready(const struct qv_tty *t, bool *returns)
{
	uint32_t n = t->done - t->read;

	*returns = n > 0;
	return n == 1 && is_eof_mark((struct qv_tty *)t, t->read) ? 0 : n;
}

size_t qv_tty_read(struct qv_tty *t, uint8_t *to, size_t space)
{
	bool canonical = qv_tty_canonical(t);
	size_t n = 0;

	while (n < space && t->read != t->done) {
		uint32_t position = t->read++;

		if (canonical && is_eof_mark(t, position))
			return n;
		to[n++] = *at(t, position);
		if (canonical && ends_line(t, position))
			return n;
	}
	/* A line that just fills the space: an end of file typed behind it is part of it. */
	if (canonical && n > 0 && t->read != t->done && is_eof_mark(t, t->read))
		t->read++;
	return n;
}

void qv_tty_set(struct qv_tty *t, const struct lx_termios *termios)
{
	bool was = qv_tty_canonical(t);

	t->termios = *termios;
	t->literal = false;
	if (!(termios->input & LX_IXON))
		t->stopped = false;
	if (was == qv_tty_canonical(t))
		return;
	/* What was typed in the other mode can be read at once; as a line of its own in canonical mode. */
	t->done = t->typed;
	if (!was && t->read != t->done)
		mark_end(t, t->done - 1, true);
}
