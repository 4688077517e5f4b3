/* SPDX-License-Identifier: MIT */
/* What `run` of a VCPU names is started on it; the sandbox's argument run=PATH,ARGUMENT,... on the default VCPU. */
#include "programs.h"
#include "vcpus.h"

#include <base/boot.h>
#include <base/cpu.h>
#include <base/init.h>
#include <base/log.h>
#include <base/memory.h>
#include <fs/fs.h>
#include <lib/args.h>
#include <lib/assert.h>
#include <lib/string.h>
#include <mm/arena.h>
#include <mm/heap.h>
#include <mm/mm.h>
#include <proc/process.h>
#include <proc/time.h>
#include <sched/vcpu.h>
#include <syscall/syscall.h>

#define MOST_WORDS 15u
#define COMMAND_BYTES 512u
#define BYTES_OF_PAGE_FOR_FILES 2048u /* of each page of memory: half of all, shared by the cores */
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
static void start_on_vcpus(const struct qv_info *info, uint32_t core)
{
	char command[QV_VCPU_RUN_LEN];
	uint64_t arena = info->arena.gpa;

	for (uint32_t i = 0; i < info->vcpu_count; arena += info->vcpu[i++].arena * QV_LARGE_SIZE) {
		const struct qv_info_vcpu *v = &info->vcpu[i];

		memcpy(command, v->run, sizeof(command));
		command[sizeof(command) - 1] = '\0';
		if (!command[0] || v->core != core)
			continue;
		if (!vcpus_at(i))
			log_error("%s is not started: its VCPU %s was refused", command, v->name);
		else
			start_on(v, command, vcpus_at(i), arena);
	}
}

/* `trace=syscalls`: from the first instruction of the first program on. */
INIT static void start_trace(const char *args)
{
	char what[16];

	if (!qv_args_text(args, "trace", what, sizeof(what)))
		return;
	if (strcmp(what, "syscalls") == 0)
		syscall_trace(true);
	else
		log_warn("trace=%s is unknown; trace=syscalls records every system call", what);
}

/* ---- other cores ---- */

/* A VCPU of the core that has a program and was created; NULL = there is none. */
INIT_ONE static struct vcpu *vcpu_with_program(const struct qv_info *info, uint32_t core)
{
	for (uint32_t i = 0; i < info->vcpu_count; i++) {
		if (info->vcpu[i].core == core && info->vcpu[i].run[0] && vcpus_at(i))
			return vcpus_at(i);
	}
	return NULL;
}

INIT_ONE static uint32_t cores_with_programs(const struct qv_info *info)
{
	uint32_t n = 1; /* the first has what `run=` names, and what that starts */

	for (uint32_t core = 1; core < info->core_count; core++)
		n += vcpu_with_program(info, core) != NULL;
	return n;
}

/* Every core has files of its own. */
INIT_ONE static void make_tree(const struct qv_info *info)
{
	uint32_t n = cores_with_programs(info);

	if (n == 1)
		fs_init(memory_at(info->initrd_gpa), info->initrd_size, 0);
	else
		fs_init_shared(memory_at(info->initrd_gpa), info->initrd_size, mm_total_pages() * BYTES_OF_PAGE_FOR_FILES / n);
}

static struct thread starters[QUEST_CORES];

static void free_stack(struct thread *t)
{
	mm_stack_free(t->stack_top);
}

static void start_here(void *argument)
{
	make_tree(argument);
	start_on_vcpus(argument, this_cpu()->index);
	thread_exit(free_stack);
}

/* The files are unpacked on the budget of the core's first program. */
static void start_there(const struct qv_info *info, uint32_t core)
{
	struct vcpu *vcpu = vcpu_with_program(info, core);
	struct thread *t = &starters[core];

	if (!vcpu) {
		start_on_vcpus(info, core); /* says why nothing is started */
		return;
	}
	t->name = "start";
	t->stack_top = mm_stack_alloc();
	if (t->stack_top)
		thread_start(t, vcpu, start_here, (void *)info);
	else
		log_error("no program of core %u is started: no memory for a stack; give the sandbox more memory", core);
}

INIT void programs_prepare(void)
{
	const struct qv_info *info = boot_info();

	if (!info->initrd_size)
		return;
	proc_time_init();
	make_tree(info);
	proc_init();
	syscall_setup();
	start_trace(info->args);
}

void programs_start(void)
{
	const struct qv_info *info = boot_info();
	char command[COMMAND_BYTES];

	if (!info->initrd_size)
		return;
	for (uint32_t core = 1; core < QUEST_CORES && core < info->core_count; core++)
		start_there(info, core);
	start_on_vcpus(info, 0);
	if (qv_args_text(info->args, "run", command, sizeof(command)))
		start(command, ',', vcpu_by_id(0), NULL, info->program_memory);
}
