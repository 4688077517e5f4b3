/* SPDX-License-Identifier: MIT */
/*
 * Process 1 of the Linux sandbox: mounts, reports ready, does what `qv.run=` on the kernel command line asks for, then
 * keeps a shell on the console. poweroff and reboot of busybox reach it as signals.
 *
 * qv.run=STEP[,STEP...]  load:ROUNDS  sleep:SECONDS  cat:FILE  run:PROGRAM[:ARGUMENT...]  poweroff  reboot
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE "/dev/console"
#define TTY     "/dev/ttyS0"
#define LINE_BYTES 4096

static char *const environment[] = {
	"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root", "TERM=linux", "PS1=linux# ", NULL
};

static void mount_all(void)
{
	(void)mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL);
	(void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	(void)mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	(void)mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, NULL);
}

static void open_console(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		(void)dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void end(int how)
{
	sync();
	(void)reboot(how);
	perror("qv-init: reboot");
}

/* What busybox sends to process 1: TERM = reboot, USR1 = halt, USR2 = power off. */
static void on_signal(int number)
{
	end(number == SIGTERM ? RB_AUTOBOOT : RB_POWER_OFF);
}

static int run(const char *path, char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execve(path, argv, environment);
		perror(path);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static void report_ready(void)
{
	char *argv[] = {"qv-ready", NULL};

	if (run("/bin/qv-ready", argv) != 0)
		fprintf(stderr, "qv-init: the monitor was not told that this sandbox is ready\n");
}

static void banner(void)
{
	struct utsname u;
	struct sysinfo s;

	if (uname(&u) == 0 && sysinfo(&s) == 0)
		printf("\nDebian Linux %s in a Quest-V sandbox: %ld core(s), %lu MiB\n", u.release,
			sysconf(_SC_NPROCESSORS_ONLN), s.totalram * s.mem_unit >> 20);
	fflush(stdout);
}

/* PROGRAM[:ARGUMENT...] */
static void run_words(const char *text)
{
	char words[LINE_BYTES], *argv[17], *save = NULL;
	size_t n = 0;

	(void)snprintf(words, sizeof(words), "%s", text);
	for (char *w = strtok_r(words, ":", &save); w && n < 16; w = strtok_r(NULL, ":", &save))
		argv[n++] = w;
	argv[n] = NULL;
	if (n > 0)
		(void)run(argv[0], argv);
}

static void step(const char *what)
{
	const char *colon = strchr(what, ':');
	char value[128];
	char *load[] = {"qv-load", value, NULL}, *cat[] = {"cat", value, NULL};

	(void)snprintf(value, sizeof(value), "%s", colon ? colon + 1 : "");
	if (strncmp(what, "load:", 5) == 0)
		(void)run("/bin/qv-load", load);
	else if (strncmp(what, "cat:", 4) == 0)
		(void)run("/bin/cat", cat);
	else if (strncmp(what, "run:", 4) == 0)
		run_words(colon + 1);
	else if (strncmp(what, "sleep:", 6) == 0)
		(void)sleep((unsigned int)strtoul(value, NULL, 10));
	else if (strcmp(what, "poweroff") == 0)
		end(RB_POWER_OFF);
	else if (strcmp(what, "reboot") == 0)
		end(RB_AUTOBOOT);
	else
		fprintf(stderr, "qv-init: unknown step '%s' in qv.run=\n", what);
}

static void run_steps(void)
{
	char line[LINE_BYTES], *save = NULL, *steps;
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	line[n] = 0;
	steps = strstr(line, "qv.run=");
	if (!steps)
		return;
	steps[strcspn(steps, " \n")] = 0;
	for (char *s = strtok_r(steps + strlen("qv.run="), ",", &save); s; s = strtok_r(NULL, ",", &save))
		step(s);
}

/* The shell owns the terminal: a session of its own, so that Ctrl-C reaches what it runs. */
static pid_t start_shell(void)
{
	char *argv[] = {"-sh", NULL};
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)setsid();
	open_console(TTY);
	(void)ioctl(0, TIOCSCTTY, 1);
	execve("/bin/sh", argv, environment);
	_exit(127);
}

int main(void)
{
	struct sigaction act = {.sa_handler = on_signal};
	pid_t shell = 0;

	mount_all();
	open_console(CONSOLE);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGUSR1, &act, NULL);
	(void)sigaction(SIGUSR2, &act, NULL);
	banner();
	report_ready();
	run_steps();
	for (;;) {
		pid_t gone;

		if (shell <= 0)
			shell = start_shell();
		gone = wait(NULL);
		if (gone < 0)
			(void)sleep(1);
		if (gone == shell)
			shell = 0;
	}
}
