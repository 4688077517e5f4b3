/* SPDX-License-Identifier: MIT */
/* Argument of the sandbox: run=PATH,ARGUMENT,... is started on the default VCPU. */
#include "programs.h"

#include <base/boot.h>
#include <base/log.h>
#include <base/memory.h>
#include <fs/fs.h>
#include <lib/args.h>
#include <lib/string.h>
#include <proc/process.h>
#include <proc/time.h>
#include <sched/vcpu.h>
#include <syscall/syscall.h>

#define MOST_WORDS 15u
#define COMMAND_BYTES 512u

static const char *const environment[] = {"PATH=/bin:/sbin", "HOME=/", "TERM=linux", "PS1=quest# ", NULL};

/* `command` is a path and arguments, separated by `gap`; it is cut up in place. */
static void start(char *command, char gap, struct vcpu *vcpu)
{
	const char *words[MOST_WORDS + 1] = {command};
	uint32_t n = 1;
	int64_t pid;

	for (char *c = command; *c; c++) {
		if (*c != gap)
			continue;
		*c = '\0';
		if (n == MOST_WORDS) {
			log_error("%s: more than %u words; shorten `run`", command, MOST_WORDS);
			return;
		}
		words[n++] = c + 1;
	}
	words[n] = NULL;
	pid = process_start(command, words, environment, vcpu);
	if (pid < 0)
		log_error("%s cannot be started: error %lld", command, (long long)-pid);
}

void programs_start(void)
{
	const struct qv_info *info = boot_info();
	char command[COMMAND_BYTES];

	if (!info->initrd_size)
		return;
	proc_time_init();
	fs_init(memory_at(info->initrd_gpa), info->initrd_size, 0);
	proc_init();
	syscall_setup();
	if (qv_args_text(info->args, "run", command, sizeof(command)))
		start(command, ',', vcpu_by_id(0));
}
