/* SPDX-License-Identifier: MIT */
/*
 * First program of a test sandbox: runs each program named as argument, its output between two lines that name it and
 * its end, then ends the run with a line that says so.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *path)
{
	char *const arguments[] = {(char *)path, NULL};
	int status = -1;
	pid_t pid;

	printf("begin %s\n", path);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execv(path, arguments);
		perror(path);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		perror("fork or wait");
	printf("end %s status %d\n", path, WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	ioctl(0, TIOCNOTTY); /* a test may want the terminal for a session of its own */
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	printf("suite over\n");
	return 0;
}
