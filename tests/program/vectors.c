/* SPDX-License-Identifier: MIT */
/*
 * 32 threads, each with all 16 vector registers full of its own values in their whole width (AVX), across yields, the
 * end of turns, and signals whose handlers use the registers. Without AVX the halves that SSE has, with the same lines.
 */
#include "show.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 32
#define ROUNDS 60
#define SPIN "20000"

static int wide;
static volatile int handled;

/* Does the kernel keep the wide halves? XCR0 says so without CPUID, which may leave a sandbox. */
static int has_avx(void)
{
	unsigned low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & 6) == 6;
}

#define ALL(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define LOAD_YMM(n)  "vmovupd 32*" #n "(%[in]), %%ymm" #n "\n\t"
#define STORE_YMM(n) "vmovupd %%ymm" #n ", 32*" #n "(%[out])\n\t"
#define LOAD_XMM(n)  "movupd 32*" #n "(%[in]), %%xmm" #n "\n\t"
#define STORE_XMM(n) "movupd %%xmm" #n ", 32*" #n "(%[out])\n\t"
#define CLOBBERED "rax", "rcx", "rdx", "rdi", "rsi", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", \
	"xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
/* With the registers full: yield, a signal to this thread, and a while in which others may have a turn. */
#define MEANWHILE "mov $24, %%eax\n\tsyscall\n\t" \
	"mov %[tid], %%edi\n\tmov $10, %%esi\n\tmov $200, %%eax\n\tsyscall\n\t" \
	"mov $" SPIN ", %%ecx\n1:\tdec %%ecx\n\tjnz 1b\n\t"

static void through_ymm(const uint64_t *in, uint64_t *out, int tid)
{
	__asm__ volatile(ALL(LOAD_YMM) MEANWHILE ALL(STORE_YMM) "vzeroupper"
		: : [in] "r"(in), [out] "r"(out), [tid] "r"(tid) : CLOBBERED);
}

static void through_xmm(const uint64_t *in, uint64_t *out, int tid)
{
	__asm__ volatile(ALL(LOAD_XMM) MEANWHILE ALL(STORE_XMM)
		: : [in] "r"(in), [out] "r"(out), [tid] "r"(tid) : CLOBBERED);
}

static void spoil(int signal)
{
	uint64_t in[64];

	(void)signal;
	memset(in, 0x5a, sizeof in);
	if (wide)
		__asm__ volatile(ALL(LOAD_YMM) : : [in] "r"(in) : CLOBBERED);
	else
		__asm__ volatile(ALL(LOAD_XMM) : : [in] "r"(in) : CLOBBERED);
	__atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static void *keeps(void *argument)
{
	uint64_t in[64], out[64], x = (uint64_t)(uintptr_t)argument + 1;
	int tid = (int)syscall(SYS_gettid);
	long wrong = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 64; i++)
			in[i] = x = mix(x + 1);
		memcpy(out, in, sizeof out);
		for (int i = 0; i < 64; i++)
			if (wide || i % 4 < 2)
				out[i] = ~in[i];
		if (wide)
			through_ymm(in, out, tid);
		else
			through_xmm(in, out, tid);
		wrong += memcmp(in, out, sizeof in) != 0;
	}
	return (void *)wrong;
}

int main(void)
{
	pthread_t thread[THREADS];
	long wrong = 0;
	void *result;

	wide = has_avx();
	signal(SIGUSR1, spoil);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, keeps, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &result);
		wrong += (long)result;
	}
	SHOW(wrong);
	SHOW(handled);
	printf("# registers of %d bytes\n", wide ? 32 : 16);
	return 0;
}
