/* SPDX-License-Identifier: MIT */
/*
 * QEMU with TCG. Guest memory is a file the runner shares, so it is read without asking QEMU; the monitor protocol
 * (QMP) tells the time and the end. No sockets in the file system: both ends are handed over as descriptors.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define Q35_LOW_LIMIT 0xb0000000ull /* q35: all RAM below this when it fits, else 2 GiB low and the rest from 4 GiB */
#define ARGS 160

struct qemu {
	int qmp;
	int memory_fd;
	uint8_t *memory;
	uint64_t memory_size;
	struct timespec began;
	double seconds;        /* last answer, icount only */
	char log[512];
	char text[16][320];    /* arguments that need formatting */
	size_t texts;
	char *argv[ARGS];
	size_t argc;
	char input[8192];      /* QMP bytes not yet a whole line */
	size_t input_length;
};

static void arg(struct qemu *q, const char *word)
{
	if (q->argc < ARGS - 1)
		q->argv[q->argc++] = (char *)(uintptr_t)word;
}

static char *text(struct qemu *q)
{
	return q->text[q->texts < 15 ? q->texts++ : 15];
}

static void words(struct qemu *q, const char *const *list)
{
	for (; *list; list++)
		arg(q, *list);
}

static void machine_arguments(struct machine *m, struct qemu *q, int console)
{
	static const char *const fixed[] = {"-accel", "tcg", "-nodefaults", "-display", "none", "-vga", "none", "-nic",
		"none", "-no-reboot", "-seed", "1", "-rtc", "base=2026-01-01,clock=vm", "-device",
		"isa-debug-exit,iobase=0xf4,iosize=4", "-device", "intel-iommu,intremap=on,eim=on", "-machine",
		"q35,memory-backend=ram", NULL};
	static const char *const icount[] = {"-icount", "shift=0,sleep=off", "-cpu", "max,-erms,-fsrm", NULL};
	static const char *const plain[] = {"-cpu", "max", NULL};
	char *t = text(q);

	arg(q, m->plan.emulator ? m->plan.emulator : "qemu-system-x86_64");
	words(q, fixed);
	words(q, m->plan.icount ? icount : plain);
	(void)snprintf(t, 320, "%u", m->plan.cores);
	arg(q, "-smp"), arg(q, t);
	t = text(q);
	(void)snprintf(t, 320, "%lluM", (unsigned long long)(q->memory_size >> 20));
	arg(q, "-m"), arg(q, t);
	t = text(q);
	(void)snprintf(t, 320, "memory-backend-file,id=ram,size=%lluM,share=on,mem-path=/proc/self/fd/%d",
		       (unsigned long long)(q->memory_size >> 20), q->memory_fd);
	arg(q, "-object"), arg(q, t);
	t = text(q);
	(void)snprintf(t, 320, "socket,id=com1,fd=%d", console);
	arg(q, "-chardev"), arg(q, t), arg(q, "-serial"), arg(q, "chardev:com1");
}

static void guest_arguments(struct machine *m, struct qemu *q, int qmp)
{
	char *t = text(q);

	(void)snprintf(t, 320, "socket,id=qmp,fd=%d", qmp);
	arg(q, "-chardev"), arg(q, t), arg(q, "-mon"), arg(q, "chardev=qmp,mode=control");
	for (size_t i = 0; i < m->plan.device_count; i++)
		arg(q, "-device"), arg(q, m->plan.devices[i]);
	if (m->plan.iso) {
		arg(q, "-cdrom"), arg(q, m->plan.iso);
	} else {
		arg(q, "-kernel"), arg(q, m->plan.kernel), arg(q, "-initrd"), arg(q, m->plan.blob);
		if (m->plan.append[0])
			arg(q, "-append"), arg(q, m->plan.append);
	}
	if (m->plan.exit_log) { /* the filter leaves only the lines of world switches: nothing runs up there */
		arg(q, "-d"), arg(q, "in_asm"), arg(q, "-dfilter"), arg(q, "0xffffffffffff0000..0xffffffffffffffff");
		arg(q, "-D"), arg(q, m->plan.exit_log);
	}
	for (size_t i = 0; i < m->plan.extra_count; i++)
		arg(q, m->plan.extra[i]);
}

static bool share_memory(struct machine *m, struct qemu *q)
{
	q->memory_size = machine_memory(&m->plan);
	q->memory_fd = memfd_create("quest-v-ram", 0);
	if (q->memory_fd >= 0 && ftruncate(q->memory_fd, (off_t)q->memory_size) == 0) {
		void *p = mmap(NULL, q->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, q->memory_fd, 0);

		q->memory = p == MAP_FAILED ? NULL : p;
	}
	if (!q->memory)
		(void)snprintf(m->why, sizeof m->why, "cannot reserve %llu MiB for the machine's memory: %s",
			       (unsigned long long)(q->memory_size >> 20), strerror(errno));
	return q->memory != NULL;
}

static void say(struct qemu *q, const char *command)
{
	(void)!write(q->qmp, command, strlen(command));
}

static bool start(struct machine *m)
{
	struct qemu *q = calloc(1, sizeof *q);
	int com[2], qmp[2];

	m->qemu = q;
	if (!q)
		return false;
	q->qmp = -1;
	q->memory_fd = -1;
	(void)snprintf(q->log, sizeof q->log, "%s/qemu.log", m->plan.directory);
	(void)unlink(q->log);
	if (!share_memory(m, q))
		return false;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, com) || socketpair(AF_UNIX, SOCK_STREAM, 0, qmp))
		return false;
	(void)fcntl(com[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(qmp[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(com[0], F_SETFL, O_NONBLOCK);
	(void)fcntl(qmp[0], F_SETFL, O_NONBLOCK);
	m->console = com[0];
	q->qmp = qmp[0];
	machine_arguments(m, q, com[1]);
	guest_arguments(m, q, qmp[1]);
	(void)clock_gettime(CLOCK_MONOTONIC, &q->began);
	m->pid = machine_spawn(q->argv, -1, -1, q->log);
	(void)close(com[1]);
	(void)close(qmp[1]);
	say(q, "{\"execute\":\"qmp_capabilities\"}\n");
	return m->pid > 0;
}

static uint8_t *host_address(const struct qemu *q, uint64_t address, size_t size)
{
	uint64_t low = q->memory_size <= Q35_LOW_LIMIT ? q->memory_size : 2ull << 30;
	uint64_t at = address < low ? address : address - (4ull << 30) + low;

	if ((address >= low && address < 4ull << 30) || at > q->memory_size || size > q->memory_size - at)
		return NULL;
	return q->memory + at;
}

static bool read_memory(struct machine *m, uint64_t address, void *to, size_t size)
{
	const uint8_t *from = host_address(m->qemu, address, size);

	if (from)
		memcpy(to, from, size);
	return from != NULL;
}

static bool write_memory(struct machine *m, uint64_t address, uint64_t value)
{
	uint8_t *to = address % sizeof value ? NULL : host_address(m->qemu, address, sizeof value);

	if (to)
		__atomic_store_n((uint64_t *)(void *)to, value, __ATOMIC_SEQ_CST);
	return to != NULL;
}

static long field(const char *line, const char *name)
{
	const char *p = strstr(line, name);

	return p ? strtol(p + strlen(name), NULL, 10) : -1;
}

/* One QMP line: an answer with the time of the virtual clock, or an event. */
static void heard(struct machine *m, const char *line)
{
	struct qemu *q = m->qemu;

	if (strstr(line, "\"tm_sec\": "))
		q->seconds = (double)(field(line, "\"tm_sec\": ") + 60 * field(line, "\"tm_min\": ") +
				      3600 * field(line, "\"tm_hour\": "));
	if (strstr(line, "\"event\": \"SHUTDOWN\"")) {
		m->ended = true;
		if (strstr(line, "guest-reset"))
			(void)snprintf(m->why, sizeof m->why, "the machine was reset");
	}
}

static void listen_qmp(struct machine *m)
{
	struct qemu *q = m->qemu;
	ssize_t n = read(q->qmp, q->input + q->input_length, sizeof q->input - 1 - q->input_length);
	char *end;

	if (n <= 0)
		return;
	q->input_length += (size_t)n;
	q->input[q->input_length] = '\0';
	while ((end = strchr(q->input, '\n'))) {
		*end = '\0';
		heard(m, q->input);
		q->input_length -= (size_t)(end + 1 - q->input);
		memmove(q->input, end + 1, q->input_length + 1);
	}
	if (q->input_length == sizeof q->input - 1)
		q->input_length = 0;
}

static void step(struct machine *m)
{
	struct qemu *q = m->qemu;
	struct timespec now;
	bool readable = false;

	if (m->plan.icount)
		say(q, "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/machine\",\"property\":\"rtc-time\"}}\n");
	m->pump(m->pump_context, q->qmp, 50, &readable);
	if (readable)
		listen_qmp(m);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (!m->plan.icount) /* without icount the virtual clock is the host's */
		q->seconds = (double)(now.tv_sec - q->began.tv_sec) + (double)(now.tv_nsec - q->began.tv_nsec) * 1e-9;
	(void)machine_reaped(m, q->log, false);
}

static double seconds(struct machine *m)
{
	return m->qemu->seconds;
}

static void stop(struct machine *m)
{
	struct qemu *q = m->qemu;

	if (!q)
		return;
	machine_kill(m);
	if (q->memory)
		(void)munmap(q->memory, q->memory_size);
	if (q->memory_fd >= 0)
		(void)close(q->memory_fd);
	if (q->qmp >= 0)
		(void)close(q->qmp);
	if (m->console >= 0)
		(void)close(m->console);
	m->console = -1;
	free(q);
	m->qemu = NULL;
}

const struct machine_ops machine_qemu = {
	.name = "QEMU", .start = start, .read = read_memory, .write = write_memory, .step = step, .seconds = seconds,
	.stop = stop};
