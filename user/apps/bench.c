/* SPDX-License-Identifier: MIT */
/*
 * Costs of system calls, the same binary on Quest and on Linux. Prints `KEY VALUE` lines; times are nanoseconds of
 * CLOCK_MONOTONIC, which under an emulator that counts instructions are instructions. Usage: bench [NAME]... (all);
 * with `latency PERIOD-US ROUNDS` the worst wake-up of a periodic loop, alone and beside two busy processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <quest.h>

#define PAGE 4096
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define ROUNDS 5000L

static const char *self;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Whoever waits for the end of the run need not wait any longer, and sees that it failed. */
static void give_up(const char *what, const char *why)
{
	printf("bench: %s: %s\nbench over: failed\n", what, why);
	exit(1);
}

static void die(const char *what)
{
	give_up(what, strerror(errno));
}

static void print(const char *key, long long ns, long n)
{
	printf("%s %lld\n", key, ns / n);
	fflush(stdout);
}

/* Without the C library's wrapper: the call alone. */
static inline long getppid_call(void)
{
	long result = SYS_getppid;

	__asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
	return result;
}

static void null_call(void)
{
	long n = 20000;
	long long t = now();

	for (long i = 0; i < n; i++)
		getppid_call();
	print("null", now() - t, n);
}

static void read_clock(void)
{
	long n = 20000;
	long long t = now();
	struct timespec at;

	for (long i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &at);
	print("clock", now() - t, n);
}

static void write_null(void)
{
	long n = 20000;
	int fd = open("/dev/null", O_WRONLY);
	long long t = now();

	for (long i = 0; i < n; i++)
		if (write(fd, "x", 1) != 1)
			die("/dev/null");
	print("write_null", now() - t, n);
	close(fd);
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		die("child");
}

static void pipe_round_trip(void)
{
	long n = 5000;
	int there[2], back[2];
	char c = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = fork();
	if (pid == 0) {
		for (long i = 0; i < n + 100; i++)
			if (read(there[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
				_exit(1);
		_exit(0);
	}
	long long t = 0;
	for (long i = -100; i < n; i++) {
		if (i == 0)
			t = now();
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			die("pipe");
	}
	print("pipe", now() - t, n);
	wait_for(pid);
	close(there[0]), close(there[1]), close(back[0]), close(back[1]);
}

static void fork_exec(void)
{
	long n = 200;
	char *const arguments[] = {(char *)self, "nothing", NULL};
	long long t = now();

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execv(self, arguments);
			_exit(127);
		}
		wait_for(pid);
	}
	print("fork_exec", now() - t, n);
}

static void fork_exit(void)
{
	long n = 500;
	long long t = now();

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		wait_for(pid);
	}
	print("fork_exit", now() - t, n);
}

static void fault(void)
{
	long pages = 1024, rounds = 5;
	long long sum = 0;

	for (long r = 0; r < rounds; r++) {
		volatile char *p = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		long long t;

		if (p == MAP_FAILED)
			die("mmap");
		madvise((void *)p, (size_t)pages * PAGE, 15); /* no huge pages */
		t = now();
		for (long i = 0; i < pages; i++)
			p[i * PAGE] = 1;
		sum += now() - t;
		munmap((void *)p, (size_t)pages * PAGE);
	}
	print("fault", sum, pages * rounds);
}

/* ---- switches ---- */

/* On Quest a VCPU for one player, else nothing: the id, -1 = none. Without it the game would measure something else. */
static int make_vcpu(void)
{
	struct quest_vcpu v = {.kind = QUEST_VCPU_MAIN, .budget_ns = 40000000, .period_ns = 200000000, .name = "bench"};
	int id = vcpu_create(&v);

	if (id < 0 && errno != ENOSYS)
		give_up("no VCPU", vcpu_refusal(v.reason));
	return id;
}

static void bind(int id)
{
	if (id >= 0 && vcpu_bind_task(id))
		die("vcpu_bind_task");
}

static void destroy_vcpu(int id)
{
	if (id >= 0 && vcpu_destroy(id))
		die("vcpu_destroy");
}

struct player { /* in memory shared by both */
	volatile int *turn;
	int me;
	long n, waits;
	int vcpu; /* -1 = none of its own */
};

/* Without the C library's wrapper, which has no futex call. */
static inline long futex(volatile int *word, long operation, long value)
{
	register long timeout __asm__("r10") = 0;
	long result = SYS_futex;

	__asm__ volatile("syscall" : "+a"(result) : "D"(word), "S"(operation), "d"(value), "r"(timeout)
		: "rcx", "r11", "memory");
	return result;
}

/* Two players pass a turn through a word of shared memory. */
static void *play(void *argument)
{
	struct player *p = argument;

	if (p->me)
		bind(p->vcpu);
	for (long i = 0; i < p->n; i++) {
		for (; *p->turn != p->me; p->waits++)
			futex(p->turn, FUTEX_WAIT, !p->me);
		*p->turn = !p->me;
		futex(p->turn, FUTEX_WAKE, 1);
	}
	if (p->me && p->vcpu >= 0)
		bind(0);
	return NULL;
}

static long long time_play(struct player *p)
{
	long long t;

	p->n = 1; /* when that is over the other one is ready */
	play(p);
	p->n = ROUNDS;
	p[0].waits = p[1].waits = 0;
	t = now();
	play(p);
	return now() - t;
}

/* ROUNDS there and back, between two threads or two processes. */
static long long ping_pong(struct player *p, bool processes, bool own_vcpus)
{
	volatile int *turn = (volatile int *)(p + 2);
	pthread_t thread;
	pid_t pid = 0;
	long long t;

	*turn = 0;
	p[0] = (struct player){turn, 0, 0, 0, own_vcpus ? make_vcpu() : -1};
	p[1] = (struct player){turn, 1, ROUNDS + 1, 0, own_vcpus ? make_vcpu() : -1};
	if (processes ? (pid = fork()) < 0 : pthread_create(&thread, NULL, play, &p[1]))
		die("the other player");
	if (processes && pid == 0) {
		play(&p[1]);
		_exit(0);
	}
	bind(p[0].vcpu);
	t = time_play(p);
	if (p[0].vcpu >= 0)
		bind(0);
	if (processes)
		wait_for(pid);
	else
		pthread_join(thread, NULL);
	destroy_vcpu(p[0].vcpu);
	destroy_vcpu(p[1].vcpu);
	return t;
}

/* What the calls of the game cost when they find nobody to wake and nothing to wait for. */
static long long calls_alone(const struct player *p)
{
	volatile int word = 0;
	long waits = p[0].waits + p[1].waits;
	long long t = now();

	for (long i = 0; i < 2 * ROUNDS; i++)
		futex(&word, FUTEX_WAKE, 1);
	for (long i = 0; i < waits; i++)
		futex(&word, FUTEX_WAIT, 1);
	return now() - t;
}

/* As lmbench's lat_ctx: what one switch adds to the calls that lead to it. */
static void print_switch(const char *key, const struct player *p, long long t)
{
	print(key, t - calls_alone(p), 2 * ROUNDS);
}

/* A switch by itself, as the kernel sees it: what a decision costs is not in it. */
static void print_measured(const char *name, struct player *p, bool processes)
{
	struct quest_switches seen;
	const struct quest_switch_cost *cost = processes ? &seen.other : &seen.same;
	char key[48];

	if (quest_switches(1, NULL))
		return; /* Linux */
	ping_pong(p, processes, true);
	if (quest_switches(0, &seen) || cost->count == 0)
		die("switches");
	print(name, (long long)cost->total_ns, (long)cost->count);
	snprintf(key, sizeof key, "%s_worst", name);
	print(key, (long long)cost->worst_ns, 1);
}

static void switches(void)
{
	struct player *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long t;

	if (p == MAP_FAILED)
		die("mmap");
	t = ping_pong(p, true, true);
	print("futex_pingpong", t, ROUNDS);
	print_switch("handover_two_processes", p, t);
	t = ping_pong(p, false, true);
	print("futex_threads", t, ROUNDS);
	print_switch("handover_same_process", p, t);
	print("futex_one_vcpu", ping_pong(p, true, false), ROUNDS);
	print_measured("switch_same_process", p, false);
	print_measured("switch_two_processes", p, true);
	munmap(p, PAGE);
}

static void *yields(void *argument)
{
	for (long i = 0; i < *(long *)argument; i++)
		sched_yield();
	return NULL;
}

static void yield_round_trip(void)
{
	long n = 10000;
	pthread_t thread;
	long long t;

	if (pthread_create(&thread, NULL, yields, &n))
		die("pthread_create");
	t = now();
	yields(&n);
	print("yield", now() - t, n);
	pthread_join(thread, NULL);
}

/* ---- memory ---- */

#define CROWD 64

static long free_bytes(void)
{
	struct sysinfo s;

	if (sysinfo(&s))
		die("sysinfo");
	return (long)(s.freeram * s.mem_unit);
}

static int gate[2]; /* a pipe in which everybody waits */

static void *wait_at_gate(void *argument)
{
	char c;

	if (read(gate[0], &c, 1) != 1)
		die("gate");
	return argument;
}

static void open_gate(void)
{
	static const char keys[CROWD];

	if (write(gate[1], keys, CROWD) != CROWD)
		die("gate");
}

/* What a forked process takes that only waits, and what a thread takes: kernel and touched pages. */
static void memory(void)
{
	pid_t pid[CROWD];
	pthread_t thread[CROWD];
	long before;

	if (pipe(gate))
		die("pipe");
	before = free_bytes();
	for (int i = 0; i < CROWD; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(wait_at_gate(NULL) != NULL);
	}
	usleep(50000);
	print("process_bytes", before - free_bytes(), CROWD);
	open_gate();
	for (int i = 0; i < CROWD; i++)
		wait_for(pid[i]);
	before = free_bytes();
	for (int i = 0; i < CROWD; i++)
		if (pthread_create(&thread[i], NULL, wait_at_gate, NULL))
			die("pthread_create");
	usleep(50000);
	print("thread_bytes", before - free_bytes(), CROWD);
	open_gate();
	for (int i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	close(gate[0]), close(gate[1]);
}

/* ---- latency ---- */

/* On Quest the loop has a VCPU of its own: a quarter of its period; elsewhere the best fixed priority. */
static int be_important(long period_us)
{
	struct quest_vcpu v = {.kind = QUEST_VCPU_MAIN, .budget_ns = (uint64_t)period_us * 250u,
		.period_ns = (uint64_t)period_us * 1000u, .name = "loop"};
	struct sched_param p = {.sched_priority = 95};
	int id = vcpu_create(&v);

	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (id >= 0 && vcpu_bind_task(id))
		die("vcpu_bind_task");
	if (id < 0 && errno != ENOSYS)
		give_up("no VCPU", vcpu_refusal(v.reason));
	if (id < 0 && syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p))
		die("sched_setscheduler");
	return id;
}

static void run_loop(const char *name, long period_us, long rounds)
{
	long long worst = 0, sum = 0;
	struct timespec next;
	int id = be_important(period_us);

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long i = 0; i < rounds; i++) {
		struct timespec t;
		long long late;

		next.tv_nsec += period_us * 1000;
		while (next.tv_nsec >= 1000000000)
			next.tv_nsec -= 1000000000, next.tv_sec++;
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL))
			die("clock_nanosleep");
		clock_gettime(CLOCK_MONOTONIC, &t);
		late = (t.tv_sec - next.tv_sec) * 1000000000LL + t.tv_nsec - next.tv_nsec;
		sum += late;
		worst = late > worst ? late : worst;
	}
	if (id >= 0 && (vcpu_bind_task(0) || vcpu_destroy(id)))
		die("vcpu_destroy");
	printf("%s_max %lld\n%s_mean %lld\n", name, worst, name, sum / rounds);
	fflush(stdout);
}

/* In a process of its own, so that all others stay what they are. */
static void fork_loop(const char *name, long period_us, long rounds)
{
	pid_t pid = fork();

	if (pid == 0) {
		run_loop(name, period_us, rounds);
		_exit(0);
	}
	wait_for(pid);
}

/* Many instructions a turn: an emulator takes its time over every jump. */
static void spin(void)
{
	for (long n = 0;;)
		__asm__ volatile(".rept 256; add $1, %0; .endr" : "+r"(n));
}

/* A child of fork_for_ever after exec: gives back what it gets, touches new pages. */
static int echo(void)
{
	size_t bytes = 64 * PAGE;
	volatile char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c;

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < bytes; i += PAGE)
		p[i] = 1;
	if (munmap((void *)p, bytes))
		return 1;
	while (read(0, &c, 1) == 1)
		if (write(1, &c, 1) != 1)
			return 1;
	return 0;
}

static void become_echo(const int there[2], const int back[2])
{
	if (dup2(there[0], 0) == 0 && dup2(back[1], 1) == 1) {
		close(there[0]), close(there[1]), close(back[0]), close(back[1]);
		execl(self, self, "echo", (char *)NULL);
	}
	_exit(1);
}

/* What a shell does with a pipeline: pipes, fork, exec, bytes through the pipes, exit. */
static void fork_for_ever(void)
{
	for (;;) {
		int there[2], back[2];
		char c = 0;
		pid_t pid;

		if (pipe(there) || pipe(back))
			_exit(1);
		pid = fork();
		if (pid == 0)
			become_echo(there, back);
		close(there[0]), close(back[1]);
		for (int i = 0; i < 10; i++)
			if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
				_exit(1);
		close(there[1]), close(back[0]);
		wait_for(pid);
	}
}

static pid_t start_load(void (*load)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		load();
	return pid;
}

static void end_load(pid_t pid)
{
	int status;

	if (kill(pid, SIGKILL) || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		die("the load ended early");
}

static void latency(long period_us, long rounds)
{
	pid_t spinner, forker;

	fork_loop("idle", period_us, rounds);
	spinner = start_load(spin);
	forker = start_load(fork_for_ever);
	fork_loop("load", period_us, rounds);
	end_load(spinner);
	end_load(forker);
}

static const struct {
	const char *name;
	void (*run)(void);
} all[] = {
	{"null", null_call}, {"clock", read_clock}, {"write_null", write_null}, {"pipe", pipe_round_trip},
	{"fork_exec", fork_exec}, {"fork_exit", fork_exit}, {"fault", fault}, {"switch", switches},
	{"yield", yield_round_trip}, {"memory", memory},
};

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "nothing") == 0)
		return 0;
	if (argc > 1 && strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc == 4 && strcmp(argv[1], "latency") == 0) {
		latency(atol(argv[2]), atol(argv[3]));
		printf("bench over\n");
		return 0;
	}
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		bool wanted = argc == 1;

		for (int a = 1; a < argc; a++)
			wanted = wanted || strcmp(argv[a], all[i].name) == 0;
		if (wanted)
			all[i].run();
	}
	printf("bench over\n");
	return 0;
}
