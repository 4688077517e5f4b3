/* SPDX-License-Identifier: MIT */
/* Marks jobs, asks for a call that does not exist in each of them, and goes on for ever, a little in each period. */
#include <quest.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NOT_THERE 448 /* process_mrelease */
#define RELEASE 1
#define DONE 3

static volatile unsigned long sum;

int main(void)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	for (unsigned job = 0;; job++) { /* a trace forgets what is long ago */
		syscall(NOT_THERE);
		quest_trace_mark(RELEASE, 0);
		for (unsigned i = 0; i < 20000; i++)
			sum += i;
		quest_trace_mark(DONE, job);
		if (job == 20)
			printf("traced: twenty jobs done\n"), fflush(stdout);
		nanosleep(&pause, NULL);
	}
}
