/* SPDX-License-Identifier: MIT */
/* What /proc says: as much as ps, top, free and uptime read (proc(5) of Linux has the formats). */
#include "proc.h"

#include <base/boot.h>
#include <base/init.h>
#include <fs/proc.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <proc/time.h>
#include <proc/vdso.h>
#include <sched/vcpu.h>

#define FILE_MODE (LX_S_IFREG | 0444u)
#define TICK_NS 10000000u
#define PAGE 4096u
#define MAPS_STEP 2u /* areas told between two preemption points */
#define VCPUS_STEP 32u /* numbers */
#define BILLION 1000000000u

typedef unsigned long long ull;

static struct process *find(uint32_t pid)
{
	return process_by_pid((int32_t)pid);
}

/* Others may run meanwhile. */
static char state_letter(int32_t pid)
{
	const struct process *p = process_by_pid(pid);

	if (!p || p->state == PROCESS_ZOMBIE)
		return 'Z';
	if (p->state == PROCESS_STOPPED)
		return 'T';
	for (const struct task *t = task_next(pid, 0); t; t = task_next(pid, t->tid)) {
		if (t->thread.state != THREAD_BLOCKED)
			return 'R';
	}
	return 'S';
}

static struct space_usage usage_of(const struct process *p)
{
	struct space_usage u = {0};

	if (p->memory)
		space_usage(p->memory->space, &u);
	return u;
}

static int64_t make_stat(struct proc_text *out, uint32_t pid)
{
	char state = state_letter((int32_t)pid);
	uint64_t consumed = process_consumed((int32_t)pid);
	const struct process *p = find(pid);
	struct space_usage u;

	if (!p)
		return -LX_ESRCH;
	u = usage_of(p);
	proc_print(out, "%d (%s) %c %d %d %d 0 -1 0 %llu 0 0 0 %llu 0 %llu 0 20 0 %u 0 %llu %llu %llu", p->pid, p->name,
		state, process_parent(p), p->group, p->session, (ull)u.faults,
		(ull)(proc_ns(consumed) / TICK_NS), (ull)(proc_ns(p->child_consumed) / TICK_NS), p->task_count,
		(ull)(proc_ns(p->born - proc_start()) / TICK_NS), (ull)u.virtual_size, (ull)(u.resident / PAGE));
	proc_print(out, " 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 %d %u 0 0 0 0 0\n", p->exit_signal,
		this_cpu()->index);
	return 0;
}

static int64_t make_status(struct proc_text *out, uint32_t pid)
{
	char state = state_letter((int32_t)pid);
	const struct process *p = find(pid);
	struct space_usage u;

	if (!p)
		return -LX_ESRCH;
	u = usage_of(p);
	proc_print(out, "Name:\t%s\nState:\t%c\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n", p->name,
		state, p->pid, p->pid, process_parent(p));
	proc_print(out, "VmPeak:\t%llu kB\nVmSize:\t%llu kB\nVmRSS:\t%llu kB\nVmPTE:\t%llu kB\nThreads:\t%u\n",
		(ull)(u.peak >> 10), (ull)(u.virtual_size >> 10), (ull)(u.resident >> 10), (ull)(u.tables >> 10),
		p->task_count);
	return 0;
}

static int64_t make_comm(struct proc_text *out, uint32_t pid)
{
	const struct process *p = find(pid);

	if (!p)
		return -LX_ESRCH;
	proc_print(out, "%s\n", p->name);
	return 0;
}

static int64_t make_cmdline(struct proc_text *out, uint32_t pid)
{
	const struct process *p = find(pid);

	if (!p)
		return -LX_ESRCH;
	if (p->memory)
		proc_put(out, p->memory->command, p->memory->command_bytes);
	return 0;
}

static int64_t make_exe(struct proc_text *out, uint32_t pid)
{
	const struct process *p = find(pid);

	if (!p || !p->memory || !p->memory->program[0])
		return -LX_ENOENT;
	proc_print(out, "%s", p->memory->program);
	return 0;
}

/* What lies in the area at `at`, after a blank. */
static const char *label(const struct memory *m, uint64_t at, uint32_t flags)
{
	const char *of_vdso = vdso_label(m->space, at);

	if (of_vdso)
		return of_vdso;
	if (flags & SPACE_GROWS)
		return " [stack]";
	return m->brk > m->brk_start && at == ((m->brk_start + PAGE - 1) & ~(uint64_t)(PAGE - 1)) ? " [heap]" : "";
}

static int64_t make_maps(struct proc_text *out, uint32_t pid)
{
	const struct process *p = find(pid);
	uint64_t at = 0, bytes;
	uint32_t flags, told = 0;

	if (!p)
		return -LX_ESRCH;
	while (p && p->memory && !out->failed && space_next_area(p->memory->space, &at, &bytes, &flags)) {
		proc_print(out, "%08llx-%08llx %c%c%c%c 00000000 00:00 0%s\n", (ull)at, (ull)(at + bytes),
			(flags & SPACE_READ) ? 'r' : '-', (flags & SPACE_WRITE) ? 'w' : '-',
			(flags & SPACE_EXEC) ? 'x' : '-', (flags & SPACE_SHARED) ? 's' : 'p',
			label(p->memory, at, flags));
		at += bytes;
		if (++told % MAPS_STEP == 0) {
			sched_preempt_point();
			p = find(pid); /* it may have ended, and its memory with it */
		}
	}
	return 0;
}

static const struct proc_file process_files[] = {
	{"cmdline", FILE_MODE, make_cmdline}, {"comm", FILE_MODE, make_comm},
	{"exe", LX_S_IFLNK | 0777, make_exe}, {"fd", LX_S_IFDIR | 0500, NULL},
	{"handles", FILE_MODE, handles_make}, {"maps", FILE_MODE, make_maps},
	{"stat", FILE_MODE, make_stat}, {"state", FILE_MODE, state_make}, {"status", FILE_MODE, make_status},
};

static uint32_t next(uint32_t after)
{
	const struct process *p = process_next((int32_t)after);

	return p ? (uint32_t)p->pid : 0;
}

static bool exists(uint32_t pid)
{
	return find(pid);
}

static struct file *file_from(uint32_t pid, uint32_t *fd)
{
	const struct process *p = find(pid);

	return p && p->files ? fd_next(p->files, fd) : NULL;
}

static uint32_t self(void)
{
	return (uint32_t)process_self()->pid;
}

static const struct proc_processes processes = {.next = next, .exists = exists, .self = self, .file = file_from,
	.files = process_files,
	.count = sizeof(process_files) / sizeof(process_files[0])};

/* ---- the system ---- */

static int64_t make_cpuinfo(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	proc_print(out, "processor\t: %u\nmodel name\t: Quest sandbox %s\ncpu MHz\t\t: %llu\n\n", this_cpu()->index,
		boot_info()->name, (ull)(boot_info()->tsc_hz / 1000000u));
	return 0;
}

static int64_t make_loadavg(struct proc_text *out, uint32_t pid)
{
	uint32_t running = 0, all = 0;
	int32_t at;

	(void)pid;
	for (const struct process *p = process_next(0); p; p = process_next(at), all++) {
		at = p->pid;
		running += state_letter(at) == 'R';
	}
	proc_print(out, "0.00 0.00 0.00 %u/%u %d\n", running, all, process_self()->pid);
	return 0;
}

static int64_t make_meminfo(struct proc_text *out, uint32_t pid)
{
	ull total = mm_total_pages() * 4, free = mm_free_pages() * 4;

	(void)pid;
	proc_print(out, "MemTotal:       %llu kB\nMemFree:        %llu kB\nMemAvailable:   %llu kB\nBuffers:        0 kB\n"
		"Cached:         0 kB\nSwapTotal:      0 kB\nSwapFree:       0 kB\nShmem:          0 kB\n", total, free, free);
	return 0;
}

static int64_t make_mounts(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	proc_print(out, "ramfs / ramfs rw 0 0\nproc /proc proc ro 0 0\n");
	return 0;
}

static int64_t make_system_stat(struct proc_text *out, uint32_t pid)
{
	uint64_t busy = 0, now = (uint64_t)proc_monotonic() / TICK_NS;
	uint32_t running = 0;
	int32_t at;

	(void)pid;
	for (const struct process *p = process_next(0); p; p = process_next(at)) {
		at = p->pid;
		busy += process_consumed(at);
		running += state_letter(at) == 'R';
	}
	busy = proc_ns(busy) / TICK_NS;
	proc_print(out, "cpu  %llu 0 0 %llu 0 0 0 0 0 0\nintr %llu\nctxt 0\nbtime %lld\nprocesses 0\nprocs_running %u\n"
		"procs_blocked 0\n", (ull)busy, (ull)(now > busy ? now - busy : 0), (ull)this_cpu()->irq_count,
		(long long)((proc_realtime() - proc_monotonic()) / BILLION), running);
	return 0;
}

static int64_t make_uptime(struct proc_text *out, uint32_t pid)
{
	uint64_t centi = (uint64_t)proc_monotonic() / TICK_NS;

	(void)pid;
	proc_print(out, "%llu.%02llu 0.00\n", (ull)(centi / 100), (ull)(centi % 100));
	return 0;
}

static int64_t make_vcpus(struct proc_text *out, uint32_t pid)
{
	struct vcpu_parameters p;
	struct vcpu_usage u;

	(void)pid;
	proc_print(out, "id name kind budget-ns period-ns consumed-ns background-ns depletions worst-wakeup-ns missed\n");
	for (uint32_t id = 0; id < VCPU_MAX_PER_CORE; id++) {
		const struct vcpu *v = vcpu_by_id(id);

		if (id % VCPUS_STEP == 0)
			sched_preempt_point();
		if (!v)
			continue;
		vcpu_get(v, &p, &u);
		sched_preempt_point();
		proc_print(out, "%u %s %s %llu %llu %llu %llu %llu %llu %llu\n", id, p.name[0] ? p.name : "-",
			p.io ? "io" : "main", (ull)proc_ns(p.budget), (ull)proc_ns(p.period), (ull)proc_ns(u.consumed),
			(ull)proc_ns(u.background), (ull)u.depletions, (ull)proc_ns(u.worst_wakeup), (ull)u.missed);
	}
	return 0;
}

static int64_t make_version(struct proc_text *out, uint32_t pid)
{
	(void)pid;
	proc_print(out, "Quest version 5.10.0-quest (Quest-V sandbox kernel, Linux system calls)\n");
	return 0;
}

static const struct proc_file system_files[] = {
	{"cpuinfo", FILE_MODE, make_cpuinfo}, {"loadavg", FILE_MODE, make_loadavg}, {"meminfo", FILE_MODE, make_meminfo},
	{"mounts", FILE_MODE, make_mounts}, {"stat", FILE_MODE, make_system_stat}, {"uptime", FILE_MODE, make_uptime},
	{"vcpus", FILE_MODE, make_vcpus}, {"version", FILE_MODE, make_version},
};

INIT void proc_fs_init(void)
{
	proc_add_files(system_files, sizeof(system_files) / sizeof(system_files[0]));
	proc_set_processes(&processes);
}
