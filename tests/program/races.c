/* SPDX-License-Identifier: MIT */
/*
 * What comes between the steps of a system call: stops while it sleeps, handlers while it waits, births and ends at the
 * same time. Each part once hung or ended a kernel.
 */
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <quest.h>


#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_CMP_REQUEUE 4
#define PAGE 4096

static volatile sig_atomic_t count, second;

static int on_quest(void)
{
	struct utsname name;

	uname(&name);
	return strcmp(name.sysname, "Quest") == 0;
}

static void note(int signal)
{
	(void)signal;
	count++;
}

static void catch(int signal, void (*handler)(int), int flags)
{
	struct sigaction a = {.sa_handler = handler, .sa_flags = flags};

	sigaction(signal, &a, NULL);
}

static pid_t start(int (*body)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(body());
	return pid;
}

/* Exit status, or 1000 + signal. */
static int end_of(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void stop_and_go_on(pid_t pid)
{
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
}

/* ---- stops ---- */

static int sleep_a_while(void)
{
	struct timespec t = {0, 150000000}, rest;

	return nanosleep(&t, &rest) == 0 ? 5 : errno;
}

static int sleep_until(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec++;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0 ? 6 : 1;
}

static void *sleep_beside(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)sleep_a_while();
}

static int sleep_in_two(void)
{
	pthread_t thread;
	void *result;
	int here;

	pthread_create(&thread, NULL, sleep_beside, NULL);
	here = sleep_a_while();
	pthread_join(thread, &result);
	return here + (int)(intptr_t)result;
}

static int suspend(void)
{
	sigset_t set;

	catch(SIGUSR1, note, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	if (sigsuspend(&set) == 0 || errno != EINTR)
		return 1;
	return count == 1 ? 7 : 2;
}

static int poll_a_while(void)
{
	return poll(NULL, 0, 300) == 0 ? 8 : errno;
}

static int futex_a_while(void)
{
	struct timespec t = {0, 300000000};
	int word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &t) < 0 && errno == ETIMEDOUT ? 9 : 1;
}

/* Stopped and continued in one go, so that nothing is pending when the sleeper looks; and stopped for a while. */
static int end_after_stops(int (*body)(void))
{
	pid_t pid = start(body);

	usleep(20000);
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
	usleep(20000);
	stop_and_go_on(pid);
	return end_of(pid);
}

/* Stopped again and again: a wait that began anew each time would never end. */
static int end_under_stops(int (*body)(void))
{
	pid_t pid = start(body);
	siginfo_t info = {0};

	for (int i = 0; i < 400 && info.si_pid == 0; i++) {
		usleep(20000);
		kill(pid, SIGSTOP);
		kill(pid, SIGCONT);
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
	}
	if (info.si_pid == 0)
		kill(pid, SIGKILL);
	return end_of(pid);
}

static void stops(void)
{
	sigset_t set;
	pid_t pid;

	SHOW(end_after_stops(sleep_a_while));
	SHOW(end_after_stops(sleep_until));
	SHOW(end_after_stops(sleep_in_two));
	SHOW(end_under_stops(sleep_a_while));
	SHOW(end_under_stops(poll_a_while));
	SHOW(end_under_stops(futex_a_while));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL); /* the child has it blocked until it waits for it, however slow it is */
	catch(SIGUSR1, note, 0);
	pid = start(suspend);
	usleep(20000);
	stop_and_go_on(pid);
	kill(pid, SIGUSR1);
	SHOW(end_of(pid));
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- handlers ---- */

static void *spin(void *argument)
{
	while (!*(volatile int *)argument)
		;
	return NULL;
}

/* A periodic signal whose handler restarts calls does not make a timed wait last for ever; its first one comes while
 * other threads are ready. */
static int wait_under_alarm(void)
{
	struct itimerval t = {{0, 5000}, {0, 5000}};
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	volatile int over = 0;
	struct timespec when;
	pthread_t thread;
	int result;

	catch(SIGALRM, note, SA_RESTART);
	pthread_create(&thread, NULL, spin, (void *)&over);
	setitimer(ITIMER_REAL, &t, NULL);
	clock_gettime(CLOCK_REALTIME, &when);
	when.tv_nsec += 200000000;
	when.tv_sec += when.tv_nsec / 1000000000, when.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	result = pthread_cond_timedwait(&never, &mutex, &when);
	over = 1;
	pthread_join(thread, NULL);
	return result == ETIMEDOUT && count > 0 ? 10 : 1;
}

static int nap_under_alarm(void)
{
	struct itimerval t = {{0, 20000}, {0, 20000}};
	struct timespec long_time = {100, 0}, rest;

	catch(SIGALRM, note, SA_RESTART);
	setitimer(ITIMER_REAL, &t, NULL);
	return nanosleep(&long_time, &rest) < 0 && errno == EINTR && rest.tv_sec == 99 ? 11 : 1;
}

static void wait_for_second(int signal)
{
	(void)signal;
	while (!second)
		usleep(1000);
	count = 1;
}

static void note_second(int signal)
{
	(void)signal;
	second = 1;
}

static void *look_on(void *argument)
{
	while (!count)
		usleep(1000);
	return argument;
}

/* Two signals come at once; the thread that runs the handler of one blocks the other: that is another thread's then. */
static int share_signals(void)
{
	struct sigaction a = {.sa_handler = wait_for_second};
	pthread_t thread;

	sigaddset(&a.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &a, NULL);
	catch(SIGUSR2, note_second, 0);
	pthread_create(&thread, NULL, look_on, NULL);
	look_on(NULL);
	pthread_join(thread, NULL);
	return 12;
}

static void two_at_once(void)
{
	pid_t pid = start(share_signals);
	int status;

	usleep(50000);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGUSR1);
	kill(pid, SIGUSR2);
	kill(pid, SIGCONT);
	SHOW(end_of(pid));
}

/* A handler that gives back vector registers which are not all there, and whose header nobody would load. */
static void spoil_registers(int signal, siginfo_t *info, void *context)
{
	char *state = (char *)((ucontext_t *)context)->uc_mcontext.fpregs;
	uint32_t *extended = (uint32_t *)(state + 464);
	size_t there = extended[1] > 580 ? 576 : 512;
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)signal, (void)info;
	munmap(pages + PAGE, PAGE);
	memcpy(pages + PAGE - there, state, there);
	if (there == 576)
		memset(pages + PAGE - 56, 0xff, 56);
	((ucontext_t *)context)->uc_mcontext.fpregs = (void *)(pages + PAGE - there);
}

static int return_wrongly(void)
{
	struct sigaction a = {.sa_sigaction = spoil_registers, .sa_flags = SA_SIGINFO};
	static volatile int never;
	pthread_t thread;

	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, spin, (void *)&never);
	usleep(10000);
	sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	return 1;
}

static void handlers(void)
{
	SHOW(end_of(start(wait_under_alarm)));
	SHOW(end_of(start(nap_under_alarm)));
	two_at_once();
	SHOW(end_of(start(return_wrongly)));
}

/* ---- births and ends ---- */

static void strange_births(void)
{
	static char stack[PAGE] __attribute__((aligned(16)));
	int status;
	long pid = syscall(SYS_clone, 200, 0, 0, 0, 0);

	if (pid == 0)
		_exit(3);
	HOLDS(waitpid((pid_t)pid, &status, __WALL) == pid);
	SHOW(status);
	TRY(syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS, stack + PAGE, 0, 0, 1ull << 63));
}

static void *signal_all(void *over)
{
	while (!*(volatile int *)over) {
		kill(-1, SIGURG); /* ignored by all */
		sched_yield();
	}
	return NULL;
}

static int exit_at_once(void)
{
	return 0;
}

/* A process is sent signals before it has all its parts. On the machine that shows what to expect they would go to
 * strangers. */
static int births_under_signals(void)
{
	volatile int over = 0;
	pthread_t thread;
	int bad = 0;

	if (!on_quest())
		return 0;
	pthread_create(&thread, NULL, signal_all, (void *)&over);
	for (int i = 0; i < 50; i++)
		bad += end_of(start(exit_at_once)) != 0;
	over = 1;
	pthread_join(thread, NULL);
	return bad;
}

static void *do_nothing(void *argument)
{
	return argument;
}

static void *make_threads(void *argument)
{
	pthread_t thread;

	for (;;) {
		if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
			pthread_detach(thread);
	}
	return argument;
}

static int exit_amid_births(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, make_threads, NULL);
	usleep(3000);
	return 4;
}

static int exec_amid_births(void)
{
	char *none[] = {"races", "nothing", NULL};
	pthread_t thread;

	pthread_create(&thread, NULL, make_threads, NULL);
	usleep(3000);
	execv("/proc/self/exe", none);
	return 1;
}

static volatile int at_once;

static void *exec_when_told(void *argument)
{
	char *none[] = {"races", "nothing", argument, argument, argument, argument, argument, argument, NULL};

	while (!at_once)
		;
	execv("/proc/self/exe", none);
	return NULL;
}

/* One of them becomes the program, the others end: none waits for the end of one that waits for its own. */
static int exec_in_many(void)
{
	char *long_text = malloc(30000);
	pthread_t thread;

	memset(long_text, 'x', 29999);
	long_text[29999] = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, exec_when_told, long_text);
	usleep(1000);
	at_once = 1;
	exec_when_told(long_text);
	return 1;
}

struct family { /* shared */
	volatile pid_t child;
	volatile int parent_of_orphan;
};

/* The child of vfork does not go on; what its parent gets ends it all the same. */
static int wait_in_vfork(struct family *shared)
{
	pid_t parent = getpid(), pid = vfork();

	if (pid)
		return 1;
	shared->child = getpid();
	while (getppid() == parent)
		usleep(1000);
	shared->parent_of_orphan = getppid();
	for (;;)
		pause();
}

static int end_in_vfork(int signal)
{
	struct family *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, result;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(wait_in_vfork(shared));
	while (!shared->child)
		usleep(1000);
	kill(pid, SIGCHLD); /* ignored: it waits on */
	usleep(5000);
	kill(pid, signal);
	result = waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : -1;
	while (!shared->parent_of_orphan)
		usleep(1000);
	if (on_quest() && shared->parent_of_orphan != 1) /* on Linux it may be a stranger who takes orphans in */
		result = -2;
	kill(shared->child, SIGKILL);
	munmap(shared, PAGE);
	return result;
}

static int has_many_areas(void)
{
	char *p = mmap(NULL, 400 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 400; i += 2)
		mprotect(p + i * PAGE, PAGE, PROT_NONE);
	usleep(2000);
	return 0;
}

/* The text of a process's areas, read while the process ends. */
static int read_of_the_dying(void)
{
	char name[40], text[1000];
	pid_t pid = start(has_many_areas);
	int fd, reads = 0;

	sprintf(name, "/proc/%d/maps", pid);
	fd = open(name, O_RDONLY);
	while (fd >= 0 && reads < 20 && pread(fd, text, sizeof text, 0) > 0)
		reads++;
	close(fd);
	return end_of(pid);
}

static void ends(void)
{
	int bad = 0;

	for (int i = 0; i < 10; i++)
		bad += end_of(start(exit_amid_births)) != 4;
	SHOW(bad);
	for (int i = 0; i < 10; i++)
		bad += end_of(start(exec_amid_births)) != 0;
	SHOW(bad);
	for (int i = 0; i < 10; i++)
		bad += end_of(start(exec_in_many)) != 0;
	SHOW(bad);
	SHOW(end_in_vfork(SIGKILL));
	SHOW(end_in_vfork(SIGTERM));
	for (int i = 0; i < 10; i++)
		bad += read_of_the_dying() != 0;
	SHOW(bad);
}

/* ---- what another has meanwhile ---- */

static int *shared_page(void)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static volatile int woken;

static void *wait_on(void *word)
{
	syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL);
	woken = 1;
	return NULL;
}

/* Who waits on a shared page that was unmapped does not get the wake-up of who waits on the next one. */
static int wait_on_old_page(void)
{
	int *old = shared_page(), *new;
	pthread_t thread;

	*old = 0;
	pthread_create(&thread, NULL, wait_on, old);
	usleep(50000);
	munmap(old, PAGE);
	new = shared_page();
	*new = 0;
	pthread_create(&thread, NULL, wait_on, new);
	usleep(50000);
	while (syscall(SYS_futex, new, FUTEX_WAKE, 1) == 0)
		usleep(1000);
	for (int i = 0; i < 5000 && !woken; i++)
		usleep(1000);
	return woken ? 13 : 1;
}

static int writes_page(const int *p)
{
	static char page[PAGE];

	return write(p[1], page, sizeof page) == PAGE ? 0 : 1;
}

/* A full pipe, and a read that makes room for the one who came second only: he goes on. Linux makes room by pages. */
static int room_for_second(void)
{
	static char text[70000];
	int p[2], result;
	pid_t big, small;

	if (!on_quest())
		return 15;
	pipe(p);
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	write(p[1], text, sizeof text);
	fcntl(p[1], F_SETFL, 0);
	big = fork();
	if (big == 0)
		_exit(writes_page(p));
	usleep(20000);
	small = fork();
	if (small == 0)
		_exit(write(p[1], "x", 1) == 1 ? 15 : 1);
	usleep(20000);
	read(p[0], text, 100);
	result = end_of(small);
	kill(big, SIGKILL);
	end_of(big);
	close(p[0]), close(p[1]);
	return result;
}

static int take_terminal(void)
{
	int fd;

	setsid();
	fd = open("/dev/console", O_RDWR);
	return fd >= 0 && tcgetpgrp(fd) == getpid() ? 14 : 1;
}

/* The terminal of a session whose leader has ended is the next one's. Here nobody has one at first: the program that
 * starts the tests gives it up. On the machine that shows what to expect the console is not ours to take. */
static int take_terminals(void)
{
	if (!on_quest())
		return 14;
	return end_of(start(take_terminal)) == 14 ? end_of(start(take_terminal)) : 2;
}

static void *destroy_all(void *over)
{
	while (!*(volatile int *)over) {
		for (int id = 1; id < 4; id++)
			vcpu_destroy(id);
		sched_yield();
	}
	return NULL;
}

/* VCPUs that go while another thread changes them, or starts a process on them: an error, or none. Linux has none. */
static int vcpus_that_go(void)
{
	struct quest_vcpu q = {.budget_ns = 1000000, .period_ns = 500000000};
	volatile int over = 0;
	pthread_t thread[2];

	if (!on_quest())
		return 0;
	pthread_create(&thread[0], NULL, destroy_all, (void *)&over);
	pthread_create(&thread[1], NULL, destroy_all, (void *)&over);
	for (int i = 0; i < 30; i++) {
		int id = vcpu_create(&q);
		pid_t pid;

		vcpu_setparams(id, &q);
		fflush(stdout);
		pid = vcpu_fork(id);
		if (pid == 0)
			_exit(0);
		if (pid > 0 && end_of(pid) != 0)
			return 1;
		vcpu_destroy(id);
	}
	over = 1;
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	return 0;
}

/* One thread asks for a word while another one cuts the mapping it lies in, and joins it again. */
static char *cut_pages;
static volatile int cut_over;

static void *cut_mapping(void *argument)
{
	for (int i = 0; i < 20000; i++) {
		mprotect(cut_pages + PAGE, PAGE, PROT_READ);
		mprotect(cut_pages + PAGE, PAGE, PROT_READ | PROT_WRITE);
	}
	cut_over = 1;
	return argument;
}

static void futex_beside_cuts(void)
{
	int *word, lost = 0, other = 0;
	pthread_t thread;

	cut_pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	word = (int *)(cut_pages + 3 * PAGE);
	*word = 1;
	pthread_create(&thread, NULL, cut_mapping, NULL);
	while (!cut_over) {
		lost += syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0 || errno != EAGAIN;
		lost += syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) != 0;
		other += syscall(SYS_futex, word, FUTEX_CMP_REQUEUE, 1, 1, word + 1, 1) != 0;
	}
	pthread_join(thread, NULL);
	munmap(cut_pages, 4 * PAGE);
	SHOW(lost);
	SHOW(other);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return 0;
	stops();
	handlers();
	strange_births();
	SHOW(births_under_signals());
	ends();
	SHOW(end_of(start(wait_on_old_page)));
	SHOW(room_for_second());
	SHOW(take_terminals());
	SHOW(vcpus_that_go());
	futex_beside_cuts();
	return 0;
}
