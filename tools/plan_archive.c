/* SPDX-License-Identifier: MIT */
/* The archive of programs and files that a sandbox starts with: the same bytes from the same input. */
#include "plan.h"

#include <lib/cpio.h>
#include <lib/elf.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_DEPTH 16 /* folders in folders; a loop of links ends here too */

static void append(struct plan_archive *a, const char *name, uint32_t mode, const uint8_t *data, uint64_t size)
{
	uint64_t more = qv_cpio_member_size(strlen(name), size);

	a->bytes = realloc(a->bytes, a->size + more + 8);
	if (!a->bytes)
		abort();
	a->size += qv_cpio_write(a->bytes + a->size, ++a->inode, name, mode, data, size);
}

/* NULL if a Quest or Linux sandbox can start it: a script, or an ELF file, of which *elf is filled. */
static const char *program_fault(const uint8_t *bytes, uint64_t size, struct qv_elf *elf)
{
	*elf = (struct qv_elf){ 0 };
	if (size > 2 && bytes[0] == '#' && bytes[1] == '!')
		return NULL;
	return qv_elf_read(bytes, size, elf);
}

static void append_program(struct plan_archive *a, struct diag *d, const struct config_text *program)
{
	uint64_t size = 0;
	uint8_t *bytes = tool_read_file(program->text, TOOL_MAX_FILE_BYTES, &size);
	struct qv_elf elf;
	const char *cause = bytes ? program_fault(bytes, size, &elf) : strerror(errno);
	char *name = tool_format("bin/%s", config_base_name(program->text));

	if (cause)
		diag_error(d, program->at, "cannot use program %s: %s; build it, or mend the path", program->text, cause);
	else if (elf.interpreted)
		diag_error(d, program->at, "program %s is linked dynamically; link it with `musl-gcc -static`", program->text);
	else
		append(a, name, S_IFREG | 0755, bytes, size);
	free(name);
	free(bytes);
}

/* ---- files ---- */

static void unusable(struct diag *d, struct place_in_file at, const char *path, const char *cause)
{
	diag_error(d, at, "cannot use %s of `files`: %s; mend the path", path, cause);
}

static void append_file(struct plan_archive *a, struct diag *d, struct place_in_file at, const char *path,
	const char *name, uint32_t mode)
{
	uint64_t size = 0;
	uint8_t *bytes = tool_read_file(path, TOOL_MAX_FILE_BYTES, &size);

	if (bytes)
		append(a, name, S_IFREG | (mode & 0111 ? 0755 : 0644), bytes, size);
	else
		unusable(d, at, path, strerror(errno));
	free(bytes);
}

static int visible(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void append_tree(struct plan_archive *a, struct diag *d, struct place_in_file at, const char *path,
	const char *name, int depth);

static void append_folder(struct plan_archive *a, struct diag *d, struct place_in_file at, const char *path,
	const char *name, int depth)
{
	struct dirent **entry = NULL;
	int n = depth > 0 ? scandir(path, &entry, visible, alphasort) : -1;

	if (n < 0) {
		unusable(d, at, path, depth > 0 ? strerror(errno) : "more than 16 folders in each other");
		return;
	}
	append(a, name, S_IFDIR | 0755, NULL, 0);
	for (int i = 0; i < n; i++) {
		char *below = tool_format("%s/%s", path, entry[i]->d_name), *inside = tool_format("%s/%s", name, entry[i]->d_name);

		append_tree(a, d, at, below, inside, depth - 1);
		free(below);
		free(inside);
		free(entry[i]);
	}
	free(entry);
}

static void append_tree(struct plan_archive *a, struct diag *d, struct place_in_file at, const char *path,
	const char *name, int depth)
{
	struct stat st;

	if (stat(path, &st) != 0)
		unusable(d, at, path, strerror(errno));
	else if (strlen(name) >= QV_CPIO_MOST_NAME)
		unusable(d, at, path, "the name is too long");
	else if (S_ISDIR(st.st_mode))
		append_folder(a, d, at, path, name, depth);
	else
		append_file(a, d, at, path, name, st.st_mode);
}

/* ---- the whole ---- */

static void append_all(struct plan_archive *a, struct diag *d, const struct config_sandbox *s)
{
	if (s->programs.count + s->files.count == 0)
		return;
	append(a, "bin", S_IFDIR | 0755, NULL, 0);
	for (int i = 0; i < s->programs.count; i++)
		append_program(a, d, &s->programs.item[i]);
	for (int i = 0; i < s->files.count; i++)
		append_tree(a, d, s->files.item[i].at, s->files.item[i].text, config_base_name(s->files.item[i].text), MOST_DEPTH);
	append(a, QV_CPIO_TRAILER, 0, NULL, 0);
}

/* The stock initramfs comes first; Linux unpacks archives that follow each other at 4-byte boundaries. */
static bool begin_linux_archive(struct plan_archive *a, struct diag *d, const struct plan_options *o,
	const struct config_sandbox *s)
{
	a->bytes = tool_read_file(o->linux_initrd, TOOL_MAX_FILE_BYTES, &a->size);
	if (!a->bytes) {
		diag_error(d, s->kernel_text.at, "cannot use %s: %s; build it with `make`", o->linux_initrd, strerror(errno));
		return false;
	}
	a->size = (a->size + 3) & ~3ull; /* tool_read_file leaves zeroed room behind the file */
	a->inode = 1000;
	return true;
}

bool plan_archive(struct plan_archive *a, const struct config_sandbox *s, const struct plan_options *o, struct diag *d)
{
	int before = d->count;

	if (s->kernel == QV_KERNEL_LINUX && !begin_linux_archive(a, d, o, s))
		return false;
	append_all(a, d, s);
	return d->count == before;
}
