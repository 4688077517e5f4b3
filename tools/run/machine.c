/* SPDX-License-Identifier: MIT */
/* What all emulators share: starting and ending a child process. */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1ull << 20)
#define GIB (1ull << 30)

uint64_t machine_memory(const struct machine_plan *plan)
{
	uint64_t top = plan->memory_top + plan->blob_size + 64 * MIB;

	if (plan->memory_top > 4 * GIB) /* a q35 with much memory has 2 GiB below the hole, the rest from 4 GiB up */
		top -= 2 * GIB;
	return (top + 64 * MIB - 1) / (64 * MIB) * (64 * MIB);
}

static void child(char *const argv[], int input, int output, const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setsid(); /* Ctrl-C is for the runner, which ends the emulator in order */
	if (input < 0)
		input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || input < 0 || dup2(input, 0) < 0 || dup2(output < 0 ? fd : output, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	execvp(argv[0], argv);
	(void)dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t machine_spawn(char *const argv[], int input, int output, const char *log)
{
	pid_t pid = fork();

	if (pid == 0)
		child(argv, input, output, log);
	return pid;
}

static void last_line(const char *log, char *to, size_t size)
{
	FILE *f = fopen(log, "r");
	char line[200];

	to[0] = '\0';
	if (!f)
		return;
	while (fgets(line, sizeof line, f))
		if (line[0] != '\n' && line[0] != '=')
			(void)snprintf(to, size, ": %.*s", (int)strcspn(line, "\n"), line);
	(void)fclose(f);
}

bool machine_reaped(struct machine *m, const char *log, bool wait)
{
	char last[210];
	int status;

	if (m->pid <= 0 || waitpid(m->pid, &status, wait ? 0 : WNOHANG) != m->pid)
		return false;
	m->pid = 0;
	m->ended = true;
	last_line(log, last, sizeof last);
	if (WIFSIGNALED(status))
		(void)snprintf(m->why, sizeof m->why, "%s was killed by signal %d%s", m->ops->name, WTERMSIG(status), last);
	else
		(void)snprintf(m->why, sizeof m->why, "%s ended by itself, status %d%s", m->ops->name,
			       WEXITSTATUS(status), last);
	return true;
}

void machine_kill(struct machine *m)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	if (m->pid <= 0)
		return;
	(void)kill(m->pid, SIGTERM);
	for (int i = 0; i < 1000; i++) { /* 10 s: an emulator on a busy host flushes its logs slowly */
		if (waitpid(m->pid, NULL, WNOHANG) != 0) {
			m->pid = 0;
			return;
		}
		(void)nanosleep(&pause, NULL);
	}
	(void)kill(m->pid, SIGKILL);
	(void)waitpid(m->pid, NULL, 0);
	m->pid = 0;
}
