/* SPDX-License-Identifier: MIT */
/* One line of a terminal, as ECMA-48 describes what moves in it. Colours stay in the text, take no column and are kept
 * only where text is added; everything that would leave the line is dropped. */
#include "session.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE '\033'

/* Start of the colour sequence that ends before text[at]; `at` if there is none. */
static size_t before_colour(const struct line_source *s, size_t at)
{
	size_t i = at;

	if (i < 3 || s->text[i - 1] != 'm')
		return at;
	for (i--; i > 1 && (s->text[i - 1] == ';' || isdigit((unsigned char)s->text[i - 1])); i--)
		;
	return i >= 2 && s->text[i - 1] == '[' && s->text[i - 2] == ESCAPE ? i - 2 : at;
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void go_left(struct line_source *s, size_t columns)
{
	for (; columns > 0 && s->cursor > 0; columns--) {
		while (before_colour(s, s->cursor) != s->cursor)
			s->cursor = before_colour(s, s->cursor);
		if (s->cursor > 0)
			s->cursor--;
		while (s->cursor > 0 && continues(s->text[s->cursor]))
			s->cursor--;
	}
}

/* Length of the colour sequence at text[at], 0 = none. */
static size_t colour_at(const struct line_source *s, size_t at)
{
	size_t end = at + 2;

	if (end >= s->length || s->text[at] != ESCAPE)
		return 0;
	while (end < s->length && s->text[end] != 'm')
		end++;
	return end < s->length ? end + 1 - at : 0;
}

static void go_right(struct line_source *s, size_t columns)
{
	for (; columns > 0 && s->cursor < s->length; columns--) {
		while (colour_at(s, s->cursor) && s->cursor < s->length)
			s->cursor += colour_at(s, s->cursor);
		s->cursor += s->cursor < s->length;
		while (s->cursor < s->length && continues(s->text[s->cursor]))
			s->cursor++;
	}
}

size_t session_columns_left(const struct line_source *s)
{
	size_t columns = 0;

	for (size_t i = s->cursor; i < s->length; i++) {
		size_t colour = colour_at(s, i);

		if (colour)
			i += colour - 1;
		else
			columns += !continues(s->text[i]);
	}
	return columns;
}

/* Bytes of the character at the cursor but its first. */
static size_t rest_of_character(const struct line_source *s)
{
	size_t end = s->cursor + 1;

	while (end < s->length && continues(s->text[end]))
		end++;
	return end - s->cursor - 1;
}

/* One byte at the cursor, in place of the character there. */
static void put(struct line_source *s, char c)
{
	char *at;
	size_t rest;

	while (colour_at(s, s->cursor) && c != ESCAPE)
		s->cursor += colour_at(s, s->cursor);
	at = s->text + s->cursor;
	if (s->cursor == s->length) {
		s->length++;
	} else if (continues(c)) { /* more of what was just put */
		memmove(at + 1, at, s->length - s->cursor);
		s->length++;
	} else {
		rest = rest_of_character(s);
		memmove(at + 1, at + 1 + rest, s->length - s->cursor - 1 - rest);
		s->length -= rest;
	}
	*at = c;
	s->cursor++;
}

/* Only what a colour is made of goes to the user's terminal. */
static void colour(struct line_source *s)
{
	size_t numbers = strspn(s->escape + 2, "0123456789;:");

	if (s->cursor != s->length || s->length + s->escape_length + 1 >= LINES_MAX || numbers + 3 != s->escape_length)
		return;
	for (size_t i = 0; i < s->escape_length; i++)
		put(s, s->escape[i]);
}

/* A whole sequence: ESC [ numbers letter. */
static void control(struct line_source *s, char letter)
{
	size_t n = strtoul(s->escape + 2, NULL, 10);

	if (letter == 'm')
		colour(s);
	else if ((letter == 'J' || letter == 'K') && n == 0)
		s->length = s->cursor;
	else if ((letter == 'J' || letter == 'K') && n == 2)
		s->length = s->cursor = 0;
	else if (letter == 'D')
		go_left(s, n ? n : 1);
	else if (letter == 'C')
		go_right(s, n ? n : 1);
	else if (letter == 'G' || letter == 'H')
		s->cursor = 0;
	if (letter == 'G' && n > 1)
		go_right(s, n - 1);
}

/* A byte after ESC. Titles (ESC ] ... BEL) and sequences of other kinds are dropped. */
static void escaped(struct line_source *s, char c)
{
	bool title = s->escape_length > 1 && s->escape[1] == ']', inside = s->escape_length > 1 && s->escape[1] == '[';
	bool letter = c >= '@' && c <= '~';

	if (s->escape_length < sizeof s->escape - 1)
		s->escape[s->escape_length++] = c;
	else
		s->escape_cut = true; /* and then it is dropped: half a sequence means something else */
	s->escape[s->escape_length] = '\0';
	if (s->escape_length == 2 && (c == '[' || c == ']' || c == '('))
		return;
	if (inside && letter && !s->escape_cut)
		control(s, c);
	if (title ? c == '\a' || c == '\\' : inside ? letter : true) {
		s->escape_length = 0;
		s->escape_cut = false;
	}
}

void session_add(struct line_source *s, char c)
{
	if (s->escape_length) {
		escaped(s, c);
	} else if (c == ESCAPE) {
		s->escape[0] = c;
		s->escape_length = 1;
	} else if (c == '\b') {
		go_left(s, 1);
	} else if (c == '\r') {
		s->reached = s->cursor;
		s->cursor = 0;
	} else if (c == '\t' || (unsigned char)c >= ' ') {
		put(s, c);
	}
}

void session_end(struct line_source *s)
{
	size_t reached = s->cursor > s->reached ? s->cursor : s->reached;

	while (s->length > reached && s->text[s->length - 1] == ' ')
		s->length--;
	s->cursor = s->reached = 0;
}
