/* SPDX-License-Identifier: MIT */
/* Offsets and tags: System V gABI (ELFCLASS64), its x86-64 supplement, and Linux' getauxval(3). */
#include "elf_file.h"

#include <lib/exec.h>
#include <lib/string.h>

#define PAGE 4096u
#define USER_END 0x7ffffffff000ull

enum { AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID = 11, AT_EUID, AT_GID,
	AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33 };

static uint64_t page_down(uint64_t a)
{
	return a & ~(uint64_t)(PAGE - 1);
}

static uint64_t page_up(uint64_t a)
{
	return page_down(a + PAGE - 1);
}

static const char *check_header(const struct file_header *h, uint64_t head_size)
{
	const char *error = elf_file_kind(h);

	if (error)
		return error;
	if (h->phentsize != sizeof(struct program_header) || h->phnum == 0)
		return "the ELF program header table has a wrong shape";
	if (h->phoff > head_size || h->phnum * sizeof(struct program_header) > head_size - h->phoff)
		return "the ELF program headers do not lie in the first page";
	return NULL;
}

static const char *check_load(const struct program_header *p, uint64_t file_size)
{
	if (p->offset > file_size || p->filesz > file_size - p->offset)
		return "a segment lies outside the file (is the file cut off?)";
	if (p->memsz < p->filesz)
		return "a segment is smaller in memory than in the file";
	if (p->vaddr >= USER_END || p->memsz > USER_END - p->vaddr)
		return "a segment lies outside the user address space";
	if ((p->vaddr ^ p->offset) & (PAGE - 1))
		return "a segment's address and file offset do not agree";
	return NULL;
}

static uint32_t rights_of(uint32_t flags)
{
	return ((flags & 4u) ? QV_EXEC_READ : 0u) | ((flags & 2u) ? QV_EXEC_WRITE : 0u) |
		((flags & 1u) ? QV_EXEC_RUN : 0u);
}

static const char *add_load(struct qv_exec *out, const struct program_header *p, uint64_t file_size)
{
	const char *error = check_load(p, file_size);

	if (error || p->memsz == 0)
		return error;
	if (out->count == QV_EXEC_SEGMENTS)
		return "too many segments";
	if (out->count && page_down(p->vaddr) < out->high)
		return "segments overlap, share a page or are not in order";
	if (out->count == 0)
		out->low = page_down(p->vaddr);
	out->high = page_up(p->vaddr + p->memsz);
	out->segment[out->count++] = (struct qv_exec_segment){p->vaddr, p->offset, p->filesz, p->memsz, rights_of(p->flags)};
	return NULL;
}

/* Where the headers appear in memory: in the segment that holds their file range. */
static uint64_t find_headers(const struct qv_exec *e, const struct file_header *h)
{
	uint64_t size = h->phnum * sizeof(struct program_header);

	for (uint32_t i = 0; i < e->count; i++) {
		const struct qv_exec_segment *s = &e->segment[i];

		if (h->phoff >= s->offset && h->phoff - s->offset <= s->file_size && size <= s->file_size - (h->phoff - s->offset))
			return s->vaddr + (h->phoff - s->offset);
	}
	return 0;
}

/* The entry must be code: a jump elsewhere would only fault later, without a place to name. */
static bool entry_is_code(const struct qv_exec *e)
{
	for (uint32_t i = 0; i < e->count; i++) {
		const struct qv_exec_segment *s = &e->segment[i];

		if ((s->rights & QV_EXEC_RUN) && e->entry >= s->vaddr && e->entry - s->vaddr < s->mem_size)
			return true;
	}
	return false;
}

const char *qv_exec_read(const void *head, uint64_t head_size, uint64_t file_size, struct qv_exec *out)
{
	struct file_header h;
	const char *error;

	memset(out, 0, sizeof(*out));
	if (head_size > file_size || head_size < sizeof(h))
		return "too short for an ELF file";
	memcpy(&h, head, sizeof(h));
	error = check_header(&h, head_size);
	out->entry = h.entry;
	out->phnum = h.phnum;
	out->movable = h.type == ET_DYN;
	for (uint32_t i = 0; !error && i < h.phnum; i++) {
		struct program_header p;

		memcpy(&p, (const uint8_t *)head + h.phoff + i * sizeof(p), sizeof(p));
		if (p.type == PT_INTERP)
			error = "it needs a dynamic loader; link it with -static";
		else if (p.type == PT_LOAD)
			error = add_load(out, &p, file_size);
	}
	if (error)
		return error;
	if (!entry_is_code(out))
		return "the entry point is not in an executable segment";
	out->phdr = find_headers(out, &h);
	return NULL;
}

/* ---- scripts ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Copy [from, end) to `to`; false if it does not fit or holds a NUL. */
static bool take(char *to, size_t size, const char *from, const char *end)
{
	size_t n = (size_t)(end - from);

	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (from[i] == '\0')
			return false;
		to[i] = from[i];
	}
	to[n] = '\0';
	return true;
}

bool qv_exec_script(const void *head, uint64_t head_size, char *path, char *argument, size_t size)
{
	const char *p = head, *end = p + head_size, *line, *word;

	if (head_size < 3 || p[0] != '#' || p[1] != '!')
		return false;
	for (line = p; line < end && *line != '\n'; line++)
		;
	if (line == end && head_size >= QV_EXEC_HEAD)
		return false;
	for (p += 2; p < line && is_blank(*p); p++)
		;
	for (word = p; word < line && !is_blank(*word); word++)
		;
	if (word == p || !take(path, size, p, word))
		return false;
	for (p = word; p < line && is_blank(*p); p++)
		;
	while (line > p && is_blank(line[-1]))
		line--;
	return take(argument, size, p, line);
}

/* ---- the first frame ---- */

size_t qv_exec_words(const struct qv_exec_start *start)
{
	return 1 + start->argc + 1 + start->envc + 1 + QV_EXEC_AUXV_WORDS;
}

/* Where the address of string `i` goes: arguments, NULL, environment. */
static size_t word_of(const struct qv_exec_start *s, uint32_t i)
{
	return i < s->argc ? 1 + (size_t)i : 2 + (size_t)i;
}

static void put_auxv(const struct qv_exec_start *s, uint64_t *words)
{
	const uint64_t pairs[QV_EXEC_AUXV_WORDS] = {
		AT_PHDR, s->phdr, AT_PHENT, sizeof(struct program_header), AT_PHNUM, s->phnum, AT_PAGESZ, PAGE,
		AT_BASE, s->base, AT_FLAGS, 0, AT_ENTRY, s->entry, AT_UID, 0, AT_EUID, 0, AT_GID, 0, AT_EGID, 0,
		AT_PLATFORM, s->platform, AT_HWCAP, s->features, AT_CLKTCK, s->clock_ticks, AT_SECURE, 0,
		AT_RANDOM, s->random, AT_EXECFN, s->name, s->vdso ? AT_SYSINFO_EHDR : AT_NULL, s->vdso, AT_NULL, 0,
	};

	memcpy(words, pairs, sizeof(pairs));
}

/* The first NUL of text[at, end), or the end: by words where they fit (Mycroft 1987). */
static uint64_t find_end(const char *text, uint64_t at, uint64_t end)
{
	for (; end - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, text + at, sizeof(word));
		word = (word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull;
		if (word)
			return at + ((uint64_t)__builtin_ctzll(word) >> 3);
	}
	while (at < end && text[at])
		at++;
	return at;
}

/* One string, or as much of it as `most` allows. What it cost. */
static uint64_t note_string(const struct qv_exec_start *start, uint64_t *words, struct qv_exec_cursor *c, uint64_t most)
{
	uint64_t from = c->at, end = start->text_size - from < most ? start->text_size : from + most;
	uint64_t stop = find_end(start->text, from, end);

	if (!c->inside)
		words[word_of(start, c->string)] = start->strings + from;
	c->inside = stop == end;
	c->string += !c->inside;
	c->at = stop + !c->inside;
	return c->at - from > QV_EXEC_STRING ? c->at - from : QV_EXEC_STRING;
}

enum qv_exec_step qv_exec_frame_step(const struct qv_exec_start *start, uint64_t *words, struct qv_exec_cursor *c,
	uint64_t most)
{
	uint32_t count = start->argc + start->envc;

	for (uint64_t cost; c->string < count && c->at < start->text_size && most > 0; most -= cost < most ? cost : most)
		cost = note_string(start, words, c, most);
	if (c->string < count)
		return c->at == start->text_size ? QV_EXEC_BAD : QV_EXEC_MORE;
	words[0] = start->argc;
	words[1 + start->argc] = 0;
	words[word_of(start, count)] = 0;
	put_auxv(start, words + word_of(start, count) + 1);
	return QV_EXEC_DONE;
}

bool qv_exec_frame(const struct qv_exec_start *start, uint64_t *words)
{
	struct qv_exec_cursor cursor = {0};

	return qv_exec_frame_step(start, words, &cursor, UINT64_MAX) == QV_EXEC_DONE;
}
