/* SPDX-License-Identifier: MIT */
/* What `run` of a VCPU names is started on it; the sandbox's argument run=PATH,ARGUMENT,... on the default VCPU. */
#include "programs.h"
#include "vcpus.h"

#include <base/boot.h>
#include <base/log.h>
#include <base/memory.h>
#include <fs/fs.h>
#include <lib/args.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/arena.h>
#include <proc/process.h>
#include <proc/time.h>
#include <sched/vcpu.h>
#include <syscall/syscall.h>

#define MOST_WORDS 15u
#define COMMAND_BYTES 512u
#define MOST_BLOCKS 256u /* of an arena: as many as the system file may ask for */

static const char *const environment[] = {"PATH=/bin:/sbin", "HOME=/", "TERM=linux", "PS1=quest# ", NULL};

/* `command` is a path and arguments, separated by `gap`; it is cut up in place. `memory`: bytes, 0 = no limit. */
static void start(char *command, char gap, struct vcpu *vcpu, struct mm_arena *arena, uint64_t memory)
{
	const char *words[MOST_WORDS + 1] = {command};
	const struct first_program program = {command, words, environment, vcpu, arena, memory};
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
	pid = process_start(&program);
	if (pid < 0)
		log_error("%s cannot be started: error %lld", command, (long long)-pid);
}

/* A program that may migrate lives in blocks of its own, from `gpa` on: for good, nobody else can use them. */
static void start_on(const struct qv_info_vcpu *v, char *command, struct vcpu *vcpu, uint64_t gpa)
{
	uint64_t block[MOST_BLOCKS];
	struct mm_arena *arena;

	if (!v->arena) {
		start(command, ' ', vcpu, NULL, v->memory);
		return;
	}
	assert(v->arena <= MOST_BLOCKS);
	for (uint32_t i = 0; i < v->arena; i++)
		block[i] = gpa + i * QV_LARGE_SIZE;
	arena = mm_arena_create(block, v->arena);
	if (arena)
		start(command, ' ', vcpu, arena, v->memory);
	else
		log_error("%s is not started: no memory for the records of its arena; give the sandbox more memory", command);
}

/* Programs of the VCPUs of the system file. On a refused VCPU a program would have no guarantee: it is not started. */
static void start_on_vcpus(const struct qv_info *info)
{
	char command[QV_VCPU_RUN_LEN];
	uint64_t arena = info->arena.gpa;

	for (uint32_t i = 0; i < info->vcpu_count; arena += info->vcpu[i++].arena * QV_LARGE_SIZE) {
		const struct qv_info_vcpu *v = &info->vcpu[i];

		memcpy(command, v->run, sizeof(command));
		command[sizeof(command) - 1] = '\0';
		if (!command[0])
			continue;
		if (!vcpus_at(i))
			log_error("%s is not started: its VCPU %s was refused", command, v->name);
		else if (v->core != 0)
			log_error("%s is not started: programs run on core 0 only, VCPU %s is on core %u", command,
				v->name, v->core);
		else
			start_on(v, command, vcpus_at(i), arena);
	}
}

/* `trace=syscalls`: from the first instruction of the first program on. */
static void start_trace(const char *args)
{
	char what[16];

	if (!qv_args_text(args, "trace", what, sizeof(what)))
		return;
	if (strcmp(what, "syscalls") == 0)
		syscall_trace(true);
	else
		log_warn("trace=%s is unknown; trace=syscalls records every system call", what);
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
	start_trace(info->args);
	start_on_vcpus(info);
	if (qv_args_text(info->args, "run", command, sizeof(command)))
		start(command, ',', vcpu_by_id(0), NULL, info->program_memory);
}
