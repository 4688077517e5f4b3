/* SPDX-License-Identifier: MIT */
/*
 * questc, the system compiler: a YAML system file in, one sealed blob out.
 *
 * Status 0: done. 1: the file or something it names is wrong; every error was printed and nothing was written.
 * 2: questc was called wrongly or could not write.
 */
#include "report.h"

#include <lib/blob.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: questc check FILE [--json] [--bare SANDBOX]     print the report\n"
	"       questc pack FILE -o OUT.blob [--bare SANDBOX]   write the sealed blob\n"
	"       questc keys                                     print all keys of system files\n"
	"FILE is a YAML system file. Paths in it are relative to the current folder.\n"
	"Environment: QUEST_BUILD (folder of built images, default build), QUEST_LINUX_IMAGE, QUEST_LINUX_INITRD.\n";

struct arguments {
	const char *command, *file, *output, *bare;
	bool json;
};

struct job { /* everything one run holds */
	struct diag diag;
	struct yaml_node *tree, *machine_tree;
	struct config config;
	struct plan plan;
};

static int bad_usage(const char *what, const char *value)
{
	(void)fprintf(stderr, "questc: error: %s%s%s\n%s", what, *value ? " " : "", value, usage);
	return 2;
}

/* 0, or the exit status. */
static int parse_arguments(int argc, char **argv, struct arguments *a)
{
	for (int i = 2; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--json") == 0)
			a->json = true;
		else if (strcmp(argv[i], "--bare") == 0 && more)
			a->bare = argv[++i];
		else if (strcmp(argv[i], "-o") == 0 && more)
			a->output = argv[++i];
		else if (argv[i][0] == '-' && argv[i][1])
			return bad_usage("unknown option, or value missing:", argv[i]);
		else if (a->file)
			return bad_usage("more than one FILE:", argv[i]);
		else
			a->file = argv[i];
	}
	if (!a->file)
		return bad_usage("no FILE given", "");
	if (strcmp(a->command, "pack") == 0 ? !a->output || a->json : a->output != NULL)
		return bad_usage("pack needs -o OUT.blob; --json and -o belong to different commands", "");
	return 0;
}

static struct yaml_node *load_tree(const char *path, struct diag *d, struct place_in_file at)
{
	uint64_t size = 0;
	uint8_t *bytes = tool_read_file(path, YAML_MAX_BYTES, &size);
	struct yaml_node *tree;

	if (!bytes) {
		if (errno == EFBIG)
			diag_error(d, at, "the file is larger than 1 MiB; a system file is a page or two");
		else
			diag_error(d, at, "cannot read %s: %s; check the path", path,
				errno == EINVAL ? "it is no ordinary file" : strerror(errno));
		return NULL;
	}
	tree = yaml_parse((const char *)bytes, size, d);
	free(bytes);
	return tree;
}

/* A machine file has places of its own, so its errors are printed under its own name. */
static void load_machine(struct job *job)
{
	struct diag own = { .file = job->config.machine_text.text };

	if (!job->config.machine_text.text || strcmp(job->config.machine_text.text, "auto") == 0)
		return;
	if (access(job->config.machine_text.text, R_OK) != 0) {
		diag_error(&job->diag, job->config.machine_text.at, "cannot read %s: %s; check the path",
			job->config.machine_text.text,
			strerror(errno));
		return;
	}
	job->machine_tree = load_tree(job->config.machine_text.text, &own, (struct place_in_file){ 0, 0 });
	if (job->machine_tree)
		config_read_machine(job->machine_tree, &job->config.machine, &own);
	if (own.count)
		diag_error(&job->diag, job->config.machine_text.at, "the machine file %s has errors; mend those above",
			job->config.machine_text.text);
	diag_print(&own, stderr);
	diag_free(&own);
}

static bool compile(struct job *job, const struct arguments *a)
{
	const char *build = getenv("QUEST_BUILD"), *image = getenv("QUEST_LINUX_IMAGE"),
		*initrd = getenv("QUEST_LINUX_INITRD");
	const struct plan_options options = { .bare = a->bare, .build = build ? build : "build",
		.linux_image = image ? image : "build/linux/vmlinuz", .linux_initrd = initrd ? initrd : "build/linux/initrd.gz" };

	job->diag.file = a->file;
	job->tree = load_tree(a->file, &job->diag, (struct place_in_file){ 0, 0 });
	if (!job->tree)
		return false;
	config_read(job->tree, &job->config, &job->diag);
	if (job->diag.count == 0)
		load_machine(job);
	if (job->diag.count == 0)
		config_check(&job->config, &job->diag);
	return job->diag.count == 0 && plan_make(&job->plan, &job->config, &options, &job->diag);
}

/* The machine will run this very check; a blob that fails it is a defect of questc, not of the file. */
static bool blob_good(const uint8_t *bytes, uint64_t size)
{
	struct qv_blob_error error;
	struct qv_blob blob;

	if (qv_blob_check(bytes, size, &blob, &error))
		return true;
	(void)fprintf(stderr,
		      "questc: error: internal: the blob would be refused (section %u, entry %u): %s; please report this\n",
		error.section, error.entry, error.what);
	return false;
}

/* All or nothing: the file appears under its name only when it is whole. */
static bool write_blob(const char *path, const uint8_t *bytes, uint64_t size)
{
	char *temporary = tool_format("%s.tmp.%ld", path, (long)getpid());
	FILE *f = fopen(temporary, "wb");
	bool good = f && fwrite(bytes, 1, size, f) == size;

	if (f)
		good &= fclose(f) == 0;
	good = good && rename(temporary, path) == 0;
	if (!good) {
		(void)fprintf(stderr, "questc: error: cannot write %s: %s; check the folder and the free space\n", path,
			strerror(errno));
		(void)unlink(temporary);
	}
	free(temporary);
	return good;
}

static int finish(struct job *job, const struct arguments *a)
{
	uint64_t size;
	uint8_t *bytes = plan_blob(&job->plan, &size);
	bool good = blob_good(bytes, size);

	if (good && a->output)
		good = write_blob(a->output, bytes, size);
	else if (good && a->json)
		report_json(&job->plan, &job->config, stdout);
	else if (good)
		report_text(&job->plan, &job->config, stdout);
	if (fflush(stdout) != 0) {
		(void)fprintf(stderr, "questc: error: cannot write the report: %s\n", strerror(errno));
		good = false;
	}
	free(bytes);
	return good ? 0 : 2;
}

static int run(const struct arguments *a)
{
	struct job *job = tool_alloc(1, sizeof(*job));
	int status = 1;

	if (compile(job, a))
		status = finish(job, a);
	diag_print(&job->diag, stderr);
	plan_free(&job->plan);
	yaml_free(job->tree);
	yaml_free(job->machine_tree);
	diag_free(&job->diag);
	free(job);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments a = { .command = argc > 1 ? argv[1] : "" };
	int status;

	if (strcmp(a.command, "keys") == 0 && argc == 2) {
		config_print_keys(stdout);
		return 0;
	}
	if (strcmp(a.command, "help") == 0 || strcmp(a.command, "--help") == 0) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if (strcmp(a.command, "check") && strcmp(a.command, "pack"))
		return bad_usage("no such command:", a.command);
	status = parse_arguments(argc, argv, &a);
	return status ? status : run(&a);
}
