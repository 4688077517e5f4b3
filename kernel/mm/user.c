/* SPDX-License-Identifier: MIT */
/*
 * Copies between the kernel and ring 3. A fault inside goes to the fault hook, which brings the page in; if it cannot,
 * execution goes on behind the copy and the count left tells that it is not complete (base/extable.h). Long copies are
 * made in pieces, so that a better thread waits for one of them at most.
 */
#include "area.h"

#include <abi/linux.h>
#include <base/extable.h>
#include <base/smap.h>
#include <sched/thread.h>

#define PIECE 2048u
#define TEXT_STEP 256u

static bool in_reach(uint64_t address, size_t bytes)
{
	return bytes <= SPACE_USER_END && address <= SPACE_USER_END - bytes;
}

/* False if it stopped at a page that cannot be had. */
static inline __attribute__((always_inline)) bool copy(void *to, const void *from, size_t bytes)
{
	uint64_t left = bytes / 8, rest = bytes % 8;

	__asm__ volatile(SMAP_OPEN
		"1: rep movsq\n\t"
		"mov %[rest], %%rcx\n"
		"2: rep movsb\n"
		"3: " SMAP_CLOSE EXTABLE("1b", "3b") EXTABLE("2b", "3b")
		: "+D"(to), "+S"(from), "+c"(left) : [rest] "r"(rest) : "memory");
	return left == 0;
}

static bool clear(void *to, size_t bytes)
{
	uint64_t left = bytes / 8, rest = bytes % 8;

	__asm__ volatile(SMAP_OPEN
		"1: rep stosq\n\t"
		"mov %[rest], %%rcx\n"
		"2: rep stosb\n"
		"3: " SMAP_CLOSE EXTABLE("1b", "3b") EXTABLE("2b", "3b")
		: "+D"(to), "+c"(left) : [rest] "r"(rest), "a"(0) : "memory");
	return left == 0;
}

static __attribute__((noinline)) int64_t copy_long(void *to, const void *from, size_t bytes)
{
	size_t done = 0;

	for (; bytes - done > PIECE; done += PIECE) {
		if (!copy((char *)to + done, (const char *)from + done, PIECE))
			return -LX_EFAULT;
		sched_preempt_point();
	}
	return copy((char *)to + done, (const char *)from + done, bytes - done) ? 0 : -LX_EFAULT;
}

static inline int64_t copy_all(void *to, const void *from, size_t bytes)
{
	if (__builtin_expect(bytes > PIECE, 0))
		return copy_long(to, from, bytes);
	return copy(to, from, bytes) ? 0 : -LX_EFAULT;
}

int64_t user_read(void *to, uint64_t from, size_t bytes)
{
	return in_reach(from, bytes) ? copy_all(to, (const void *)from, bytes) : -LX_EFAULT;
}

int64_t user_write(uint64_t to, const void *from, size_t bytes)
{
	return in_reach(to, bytes) ? copy_all((void *)to, from, bytes) : -LX_EFAULT;
}

int64_t user_zero(uint64_t to, size_t bytes)
{
	size_t done = 0;

	if (!in_reach(to, bytes))
		return -LX_EFAULT;
	for (; bytes - done > PIECE; done += PIECE) {
		if (!clear((void *)(to + done), PIECE))
			return -LX_EFAULT;
		sched_preempt_point();
	}
	return clear((void *)(to + done), bytes - done) ? 0 : -LX_EFAULT;
}

/* Copy up to and with the first NUL, at most `most` > 0 bytes. The last byte copied, or -1 after a fault; *count bytes
 * before it. */
static int text_step(char *to, uint64_t from, size_t most, size_t *count)
{
	uint64_t left = most;
	uint32_t byte;

	__asm__ volatile(SMAP_OPEN
		"1: movzbl (%[from]), %[byte]\n\t"
		"mov %b[byte], (%[to])\n\t"
		"test %[byte], %[byte]\n\t"
		"jz 4f\n\t"
		"inc %[from]\n\t"
		"inc %[to]\n\t"
		"dec %[left]\n\t"
		"jnz 1b\n\t"
		"jmp 4f\n"
		"3: mov $-1, %[byte]\n"
		"4: " SMAP_CLOSE EXTABLE("1b", "3b")
		: [to] "+r"(to), [from] "+r"(from), [left] "+r"(left), [byte] "=&q"(byte) : : "memory", "cc");
	*count = most - left;
	return (int)byte;
}

/* The same by words, which lie within one page (Mycroft's test for a zero byte): 1 if there is no NUL, else 0. */
static int text_words(char *to, uint64_t from, size_t words, size_t *count)
{
	uint64_t left = words, word, mark;
	uint32_t fault = 0;

	__asm__ volatile(SMAP_OPEN
		"1: mov (%[from]), %[word]\n\t"
		"mov %[word], (%[to])\n\t"
		"lea (%[word],%[minus]), %[mark]\n\t"
		"not %[word]\n\t"
		"and %[word], %[mark]\n\t"
		"and %[highs], %[mark]\n\t"
		"jnz 4f\n\t"
		"add $8, %[from]\n\t"
		"add $8, %[to]\n\t"
		"dec %[left]\n\t"
		"jnz 1b\n\t"
		"jmp 4f\n"
		"3: inc %[fault]\n"
		"4: " SMAP_CLOSE EXTABLE("1b", "3b")
		: [to] "+r"(to), [from] "+r"(from), [left] "+r"(left), [fault] "+r"(fault), [word] "=&r"(word), [mark] "=&r"(mark)
		: [minus] "r"(-0x0101010101010101ll), [highs] "r"(0x8080808080808080ull) : "memory", "cc");
	*count = (words - left) * sizeof(word);
	if (fault)
		return -1;
	*count += left ? (size_t)__builtin_ctzll(mark) >> 3 : 0;
	return left == 0;
}

int64_t user_text(char *to, uint64_t from, size_t size)
{
	size_t done = 0, count;

	while (done < size) {
		size_t most = size - done < TEXT_STEP ? size - done : TEXT_STEP;
		int last;

		if (!in_reach(from + done, 1))
			return -LX_EFAULT;
		if (most > PAGE - (from + done) % PAGE)
			most = PAGE - (from + done) % PAGE;
		last = most < sizeof(uint64_t) ? text_step(to + done, from + done, most, &count) :
			text_words(to + done, from + done, most / sizeof(uint64_t), &count);
		done += count;
		if (last <= 0)
			return last < 0 ? -LX_EFAULT : (int64_t)done;
		sched_preempt_point();
	}
	return -LX_ENAMETOOLONG;
}

int64_t user_word(uint32_t *value, uint64_t at)
{
	int64_t result = -LX_EFAULT;

	if (at % sizeof(uint32_t) != 0 || !in_reach(at, sizeof(uint32_t)))
		return -LX_EFAULT;
	__asm__ volatile(SMAP_OPEN
		"1: movl (%[at]), %k[at]\n\t"
		"xor %k[result], %k[result]\n"
		"2: " SMAP_CLOSE EXTABLE("1b", "2b")
		: [at] "+r"(at), [result] "+r"(result) : : "memory", "cc");
	*value = (uint32_t)at;
	return result;
}

int64_t user_swap32(uint64_t at, uint32_t expected, uint32_t desired, uint32_t *old)
{
	int64_t result = -LX_EFAULT;

	if (at % sizeof(uint32_t) != 0 || !in_reach(at, sizeof(uint32_t)))
		return -LX_EFAULT;
	__asm__ volatile(SMAP_OPEN
		"1: lock cmpxchgl %[desired], (%[at])\n\t"
		"xor %k[result], %k[result]\n"
		"2: " SMAP_CLOSE EXTABLE("1b", "2b")
		: "+a"(expected), [result] "+r"(result) : [at] "r"(at), [desired] "r"(desired) : "memory", "cc");
	*old = expected;
	return result;
}
