/* SPDX-License-Identifier: MIT */
/*
 * What a kernel needs to start a static ELF64 program of the Linux x86-64 ABI: its headers checked, and the words of
 * the first stack frame (System V ABI for x86-64, 3.4.1). Bytes come from an untrusted file; nothing is taken on
 * trust.
 */
#ifndef LIB_EXEC_H
#define LIB_EXEC_H

#include <abi/types.h>

#define QV_EXEC_SEGMENTS 12u
#define QV_EXEC_HEAD     4096u /* the headers must lie in the first page */

#define QV_EXEC_READ  1u /* the same bits as SPACE_READ, SPACE_WRITE, SPACE_EXEC of the address space */
#define QV_EXEC_WRITE 2u
#define QV_EXEC_RUN   4u

struct qv_exec_segment { /* one PT_LOAD; vaddr and offset agree modulo 4 KiB */
	uint64_t vaddr;  /* before the load bias is added */
	uint64_t offset; /* in the file */
	uint64_t file_size;
	uint64_t mem_size; /* >= file_size, > 0 */
	uint32_t rights;
};

struct qv_exec {
	uint64_t entry;
	uint64_t phdr;  /* address of the program headers, 0 = not loaded */
	uint32_t phnum;
	uint32_t count;
	bool movable;   /* static-PIE: the loader chooses a bias */
	uint64_t low, high; /* page-aligned span of all segments */
	struct qv_exec_segment segment[QV_EXEC_SEGMENTS]; /* ascending, no page shared between two */
};

/* Read the headers from the first `head_size` bytes of a file of `file_size` bytes. NULL and *out filled, or the
 * cause as static text. After success every file range lies in the file and [low, high) plus any bias the caller
 * keeps inside user space cannot wrap. */
const char *qv_exec_read(const void *head, uint64_t head_size, uint64_t file_size, struct qv_exec *out);

/* A script: "#! path [argument]" in the first line. Copies both, NUL-terminated; *argument is empty if there is none.
 * False if it is no script or a part does not fit in `size` bytes. */
bool qv_exec_script(const void *head, uint64_t head_size, char *path, char *argument, size_t size);

struct qv_exec_start { /* what the first stack frame says */
	uint32_t argc, envc;
	uint64_t strings;      /* user address of argc + envc NUL-terminated strings, packed */
	const char *text;      /* the same bytes */
	uint64_t text_size;
	uint64_t random;       /* user address of 16 random bytes */
	uint64_t name;         /* user address of the file name */
	uint64_t platform;     /* user address of "x86_64" */
	uint64_t entry, phdr, phnum, base;
	uint64_t features;     /* CPUID 1 EDX (AT_HWCAP) */
	uint64_t vdso;         /* 0 = none */
	uint64_t clock_ticks;  /* per second, for times() */
};

#define QV_EXEC_AUXV_WORDS 38u
/* Words needed for the frame of `start`. */
size_t qv_exec_words(const struct qv_exec_start *start);
/* Fill words[qv_exec_words()]: argc, argv, NULL, envp, NULL, auxiliary vector. False if `text` holds fewer strings
 * than it should. */
bool qv_exec_frame(const struct qv_exec_start *start, uint64_t *words);

/* The same in steps that look at `most` bytes of the text at most, from a zero cursor on, until it is not MORE. A
 * string counts as QV_EXEC_STRING bytes at least. */
#define QV_EXEC_STRING 16u
enum qv_exec_step { QV_EXEC_MORE, QV_EXEC_DONE, QV_EXEC_BAD };
struct qv_exec_cursor {
	uint64_t at;
	uint32_t string;
	bool inside; /* of a string whose address is noted */
};
enum qv_exec_step qv_exec_frame_step(const struct qv_exec_start *start, uint64_t *words, struct qv_exec_cursor *cursor,
	uint64_t most);

#endif
