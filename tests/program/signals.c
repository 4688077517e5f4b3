/* SPDX-License-Identifier: MIT */
/* Signals: handlers, masks, restarts, stacks, faults. */
#include "show.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static volatile sig_atomic_t count, last, code, on_stack;
static volatile uintptr_t where;
static char other_stack[16384] __attribute__((aligned(16)));
static sigjmp_buf back;

static void note(int signal)
{
	count++;
	last = signal;
}

static void detailed(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	char here;

	note(signal);
	code = info->si_code;
	where = (uintptr_t)info->si_addr;
	on_stack = &here >= other_stack && &here < other_stack + sizeof other_stack;
	(void)u;
}

static void escape(int signal, siginfo_t *info, void *context)
{
	detailed(signal, info, context);
	siglongjmp(back, 1);
}

static void step_over(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	detailed(signal, info, context);
	u->uc_mcontext.gregs[REG_RIP] += 2; /* UD2 */
	u->uc_mcontext.gregs[REG_RBX] = 4711;
}

static void catch(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction a = {.sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO};

	sigaction(signal, &a, NULL);
}

static void handlers(void)
{
	struct sigaction a = {.sa_handler = note}, old;

	TRY(sigaction(SIGUSR1, &a, &old));
	SHOW(old.sa_handler == SIG_DFL);
	TRY(raise(SIGUSR1));
	SHOW(count);
	SHOW(last);
	catch(SIGUSR1, detailed, SA_RESETHAND);
	TRY(kill(getpid(), SIGUSR1));
	SHOW(count);
	SHOW(code == SI_USER);
	TRY(sigaction(SIGUSR1, NULL, &old));
	SHOW(old.sa_handler == SIG_DFL);
	TRY(sigaction(SIGKILL, &a, NULL));
	TRY(sigaction(65, &a, NULL));
	TRY(signal(SIGUSR2, SIG_IGN) == SIG_DFL);
	TRY(raise(SIGUSR2));
	SHOW(count);
}

static void masks(void)
{
	sigset_t set, old, pending;
	siginfo_t info;
	struct timespec none = {0, 0};

	catch(SIGUSR1, detailed, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	TRY(sigprocmask(SIG_BLOCK, &set, &old));
	count = 0;
	TRY(raise(SIGUSR1));
	TRY(raise(SIGUSR1));
	SHOW(count);
	TRY(sigpending(&pending));
	SHOW(sigismember(&pending, SIGUSR1));
	SHOW(sigismember(&pending, SIGUSR2));
	TRY(sigprocmask(SIG_UNBLOCK, &set, NULL));
	SHOW(count);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	TRY(sigtimedwait(&set, &info, &none));
	TRY(sigtimedwait(&set, &info, &none));
	SHOW(count);
	raise(SIGUSR1);
	sigemptyset(&old);
	TRY(sigsuspend(&old));
	SHOW(count);
	TRY(sigprocmask(SIG_BLOCK, NULL, &old));
	SHOW(sigismember(&old, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A read that a signal interrupts: made again with SA_RESTART, else EINTR. */
static void restarts(int flags)
{
	int p[2];
	char c = 0;
	pid_t pid;

	catch(SIGUSR1, detailed, flags);
	pipe(p);
	fflush(stdout);
	count = 0;
	pid = fork();
	if (pid == 0) {
		usleep(20000);
		kill(getppid(), SIGUSR1);
		usleep(20000);
		write(p[1], "x", 1);
		_exit(0);
	}
	TRY(read(p[0], &c, 1));
	SHOW(c);
	SHOW(count);
	while (waitpid(pid, NULL, 0) < 0)
		;
	close(p[0]), close(p[1]);
}

/* What is ignored by default, but blocked, is kept for who waits for it; and it tells how the child changed. */
static void of_children(void)
{
	siginfo_t info;
	sigset_t set;
	pid_t pid;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		usleep(20000); /* the parent waits by now */
		raise(SIGSTOP);
		pause();
	}
	SHOW(sigwaitinfo(&set, &info) == SIGCHLD);
	SHOW(info.si_code == CLD_STOPPED);
	SHOW(info.si_status);
	HOLDS(info.si_pid == pid);
	kill(pid, SIGCONT);
	SHOW(sigwaitinfo(&set, &info) == SIGCHLD);
	SHOW(info.si_code == CLD_CONTINUED);
	SHOW(info.si_status);
	kill(pid, SIGTERM);
	TRY(sigwait(&set, &got));
	SHOW(got);
	HOLDS(waitpid(pid, NULL, 0) == pid);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The handler runs, and the call says what it was made for. */
static void wait_with_handler(void)
{
	int status;
	pid_t pid;

	catch(SIGCHLD, detailed, 0);
	fflush(stdout);
	count = 0;
	pid = fork();
	if (pid == 0) {
		usleep(20000);
		_exit(3);
	}
	HOLDS(waitpid(pid, &status, 0) == pid);
	SHOW(WEXITSTATUS(status));
	SHOW(count);
	signal(SIGCHLD, SIG_DFL);
}

static void faults(void)
{
	stack_t s = {.ss_sp = other_stack, .ss_size = sizeof other_stack}, old;
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long rbx;

	TRY(sigaltstack(&s, &old));
	SHOW(old.ss_flags == SS_DISABLE);
	catch(SIGSEGV, escape, SA_ONSTACK);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)0x123 = 1;
	SHOW(where);
	SHOW(code == SEGV_MAPERR);
	SHOW(on_stack);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)page = 1;
	HOLDS(where == (uintptr_t)page);
	SHOW(code == SEGV_ACCERR);
	if (sigsetjmp(back, 1) == 0)
		*(volatile char *)0xdead000000000000 = 1;
	SHOW(last);
	catch(SIGILL, step_over, 0);
	__asm__ volatile("ud2" : "=b"(rbx) : "b"(1));
	SHOW(rbx);
	SHOW(last);
	SHOW(on_stack);
	catch(SIGFPE, escape, 0);
	if (sigsetjmp(back, 1) == 0) {
		volatile int zero = 0;

		SHOW(1 / zero);
	}
	SHOW(last);
	SHOW(code == FPE_INTDIV);
}

static void timers(void)
{
	struct itimerval t = {{0, 2000}, {0, 2000}}, left;

	catch(SIGALRM, detailed, SA_RESTART);
	count = 0;
	TRY(setitimer(ITIMER_REAL, &t, NULL));
	while (count < 5)
		pause();
	memset(&t, 0, sizeof t);
	TRY(setitimer(ITIMER_REAL, &t, &left));
	SHOW(left.it_interval.tv_usec);
	HOLDS(count >= 5);
	count = 0;
	TRY(alarm(100));
	HOLDS(alarm(0) >= 99);
	SHOW(count);
}

/* Loads the vector registers that the program keeps its own numbers in. */
static void use_registers(int signal, siginfo_t *info, void *context)
{
	const double other[4] = {-1, -2, -3, -4};

	detailed(signal, info, context);
	__asm__ volatile("movupd %0, %%xmm7\n\t"
		"movupd %1, %%xmm8\n\t"
		: : "m"(*(const double(*)[2])other), "m"(*(const double(*)[2])(other + 2)) : "xmm7", "xmm8");
}

/* Registers of the vector unit survive a handler that uses them. */
static void registers(void)
{
	double in[4] = {1.5, 2.5, 3.5, 4.5}, out[4] = {0};

	catch(SIGUSR1, use_registers, 0);
	count = 0;
	__asm__ volatile("movupd %2, %%xmm7\n\t"
		"movupd %3, %%xmm8\n\t"
		"mov $39, %%eax\n\t" /* getpid */
		"syscall\n\t"
		"mov %%eax, %%edi\n\t"
		"mov $10, %%esi\n\t"
		"mov $62, %%eax\n\t" /* kill */
		"syscall\n\t"
		"movupd %%xmm7, %0\n\t"
		"movupd %%xmm8, %1\n\t"
		: "=m"(*(double(*)[2])out), "=m"(*(double(*)[2])(out + 2))
		: "m"(*(double(*)[2])in), "m"(*(double(*)[2])(in + 2))
		: "rax", "rcx", "rdx", "rsi", "rdi", "r11", "xmm7", "xmm8", "memory");
	printf("%g %g %g %g\n", out[0], out[1], out[2], out[3]);
	SHOW(count);
}

static void catch_pair(int signal, siginfo_t *info, void *context)
{
	(void)context;
	printf("signal %d, code %d, sent by this process: %d\n", signal, info->si_code, info->si_pid == getpid());
}

/* Two signals that wait for the same thread: each has its own sender and code. */
static void two_pending(void)
{
	struct sigaction act = {.sa_sigaction = catch_pair, .sa_flags = SA_SIGINFO};
	sigset_t both, old;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGUSR2);
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigprocmask(SIG_BLOCK, &both, &old);
	pthread_kill(pthread_self(), SIGUSR1);
	pthread_kill(pthread_self(), SIGUSR2);
	kill(getpid(), SIGUSR2);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(void)
{
	handlers();
	masks();
	restarts(SA_RESTART);
	restarts(0);
	of_children();
	wait_with_handler();
	faults();
	timers();
	registers();
	two_pending();
	return 0;
}
