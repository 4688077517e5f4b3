/* SPDX-License-Identifier: MIT */
/* Files -> FILE and LOAD records. All reading of file formats happens here, on the host; the machine only copies. */
#include "plan.h"

#include <lib/assert.h>
#include <lib/bzimage.h>
#include <lib/elf.h>
#include <lib/sha256.h>

#include <abi/handover.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITRD_TOP (1ull << 31) /* boot loaders keep Linux's initrd below 2 GiB */

uint8_t *tool_read_file(const char *path, uint64_t limit, uint64_t *size)
{
	struct stat st;
	uint8_t *bytes = NULL;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not block us */

	if (fd < 0)
		return NULL;
	errno = EFBIG;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	} else if ((uint64_t)st.st_size <= limit) {
		bytes = tool_alloc((size_t)st.st_size + 8, 1);
		*size = 0;
		while (*size < (uint64_t)st.st_size && (n = read(fd, bytes + *size, (size_t)st.st_size - *size)) > 0)
			*size += (uint64_t)n;
		if (n < 0) {
			free(bytes);
			bytes = NULL;
		}
	}
	(void)close(fd);
	return bytes;
}

/* Takes over `bytes` and `path`. */
static uint32_t add_file(struct plan *plan, const char *name, char *path, uint8_t *bytes, uint64_t size)
{
	struct plan_file *f = &plan->file[plan->file_count];
	struct qv_sha256 s;

	assert(plan->file_count < QV_BLOB_MAX_FILES);
	f->path = path;
	f->bytes = bytes;
	f->entry.size = size;
	for (uint32_t i = 0; i < QV_NAME_LEN - 1 && name[i]; i++)
		f->entry.name[i] = name[i] > ' ' && name[i] < 0x7f ? name[i] : '_';
	qv_sha256_init(&s);
	qv_sha256_update(&s, bytes, size);
	qv_sha256_final(&s, f->entry.sha256);
	return plan->file_count++;
}

/* Bytes of an image that the machine needs: symbols and debug lines lie behind the last segment of an ELF file.
 * Anything else counts whole; whether it can be used is told by whoever reads it. */
static uint64_t useful_size(const uint8_t *bytes, uint64_t size)
{
	struct qv_elf elf;
	uint64_t end = 0;

	if (qv_elf_read(bytes, size, &elf))
		return size;
	for (uint32_t i = 0; i < elf.count; i++)
		if (elf.segment[i].offset + elf.segment[i].file_size > end)
			end = elf.segment[i].offset + elf.segment[i].file_size;
	return end > 0 ? end : size;
}

/* Index of the file, read at most once however many sandboxes use it. -1 after an error. */
static int open_file(struct plan *plan, struct diag *d, struct place_in_file at, const char *path, const char *remedy)
{
	uint64_t size = 0;
	uint8_t *bytes;

	for (uint32_t i = 0; i < plan->file_count; i++)
		if (plan->file[i].path && strcmp(plan->file[i].path, path) == 0)
			return (int)i;
	bytes = tool_read_file(path, TOOL_MAX_FILE_BYTES, &size);
	if (bytes && size > 0)
		return (int)add_file(plan, config_base_name(path), tool_format("%s", path), bytes, useful_size(bytes, size));
	diag_error(d, at, "cannot use %s: %s; %s", path, bytes ? "the file is empty" : strerror(errno), remedy);
	free(bytes);
	return -1;
}

static bool add_load(struct plan *plan, struct diag *d, struct place_in_file at, const struct qv_load *load)
{
	if (plan->load_count == QV_BLOB_MAX_LOADS) {
		diag_error(d, at, "the images have more than %u segments in all; use fewer kernels", QV_BLOB_MAX_LOADS);
		return false;
	}
	plan->load[plan->load_count++] = *load;
	return true;
}

/* LOAD records of an ELF file. Kernels are placed by physical, monitors by virtual address. */
static bool add_elf(struct plan *plan, struct diag *d, struct place_in_file at, uint32_t file, uint32_t target,
	uint32_t index,
	struct qv_elf *elf)
{
	const struct plan_file *f = &plan->file[file];
	const char *cause = qv_elf_read(f->bytes, f->entry.size, elf);
	bool good = cause == NULL;

	if (cause)
		diag_error(d, at, "%s: %s; build it again", f->path, cause);
	for (uint32_t i = 0; good && i < elf->count; i++) {
		const struct qv_elf_segment *s = &elf->segment[i];
		struct qv_load load = { .target = target, .index = index, .file = file, .flags = s->flags, .file_offset = s->offset,
			.file_size = s->file_size, .address = s->paddr, .mem_size = s->mem_size };

		if (target != QV_LOAD_SANDBOX) {
			load.address = s->vaddr;
			load.entry = elf->entry;
		}
		good = add_load(plan, d, at, &load);
	}
	return good;
}

static void too_small(struct plan *plan, struct diag *d, uint32_t i, uint64_t need)
{
	const struct config_sandbox *s = plan->source[i];

	diag_error(d, s->memory_text.at,
		   "%llu MiB of memory is too small for sandbox `%s`; its kernel needs at least %llu MiB",
		(unsigned long long)(plan->memory_size[i] >> 20), s->name.text, (unsigned long long)((need + 0xfffff) >> 20));
}

static bool quest_segments_good(struct plan *plan, struct diag *d, uint32_t i, const struct qv_elf *elf,
	const char *path)
{
	const struct qv_sandbox *to = &plan->sandbox[i];
	uint64_t floor = to->start_gpa + to->start_size;
	bool entered = false;

	for (uint32_t k = 0; k < elf->count; k++) {
		const struct qv_elf_segment *s = &elf->segment[k];

		if (s->paddr < floor) {
			diag_error(d, plan->source[i]->kernel_text.at, "%s loads at 0x%llx, where the start pages are; link it above 0x%llx",
				path, (unsigned long long)s->paddr, (unsigned long long)floor);
			return false;
		}
		for (uint32_t j = 0; j < k; j++)
			if (s->paddr < elf->segment[j].paddr + elf->segment[j].mem_size && elf->segment[j].paddr < s->paddr + s->mem_size) {
				diag_error(d, plan->source[i]->kernel_text.at, "two segments of %s overlap; link it again", path);
				return false;
			}
		if (plan->kernel_end[i] < s->paddr + s->mem_size)
			plan->kernel_end[i] = s->paddr + s->mem_size;
		entered |= (s->flags & QV_MEM_EXEC) && elf->entry >= s->paddr && elf->entry - s->paddr < s->mem_size;
	}
	if (!entered)
		diag_error(d, plan->source[i]->kernel_text.at, "the entry point of %s is not a physical address in its code; "
			"link it so that e_entry is one", path);
	return entered;
}

static bool add_quest(struct plan *plan, struct diag *d, const struct plan_options *o, uint32_t i)
{
	const struct config_text *kernel = &plan->source[i]->kernel_text;
	bool builtin = !strchr(kernel->text, '/');
	char *path = builtin ? tool_format("%s/%s.elf", o->build, kernel->text) : tool_format("%s", kernel->text);
	int file = open_file(plan, d, kernel->at, path, builtin ? "build it with `make`" : "build it, or mend the path");
	struct qv_elf elf;
	bool good = file >= 0 && add_elf(plan, d, kernel->at, (uint32_t)file, QV_LOAD_SANDBOX, i, &elf);

	good = good && quest_segments_good(plan, d, i, &elf, path);
	if (good)
		plan->sandbox[i].entry = elf.entry;
	free(path);
	return good;
}

static bool add_linux(struct plan *plan, struct diag *d, const struct plan_options *o, uint32_t i)
{
	const struct config_sandbox *s = plan->source[i];
	bool stock = !s->image.text || strcmp(s->image.text, "debian-cloud") == 0;
	const char *path = stock ? o->linux_image : s->image.text;
	struct place_in_file at = s->image.text ? s->image.at : s->kernel_text.at;
	int file = open_file(plan, d, at, path, stock ? "set-up fetches it: run `./quest run` once" : "mend the path");
	struct qv_bzimage image;
	const char *cause = file < 0 ? NULL : qv_bzimage_read(plan->file[file].bytes, plan->file[file].entry.size, &image);

	if (cause)
		diag_error(d, at, "%s: %s; use a 64-bit Linux bzImage", path, cause);
	if (cause || file < 0)
		return false;
	plan->sandbox[i].entry = image.entry;
	plan->kernel_end[i] = image.pref_address + image.init_size;
	if (strlen(plan->strings + plan->sandbox[i].args) > image.cmdline_size) {
		diag_error(d, s->args.at, "the command line is longer than this kernel accepts; shorten `args`");
		return false;
	}
	return add_load(plan, d, at, &(struct qv_load){ .target = QV_LOAD_SANDBOX, .index = i, .file = (uint32_t)file,
		.flags = QV_MEM_READ | QV_MEM_WRITE | QV_MEM_EXEC, .file_offset = image.payload_offset,
		.file_size = image.payload_size, .address = image.pref_address, .mem_size = image.payload_size });
}

/* ---- initramfs ---- */

static bool place_initrd(struct plan *plan, struct diag *d, uint32_t i, const struct plan_archive *a)
{
	struct qv_sandbox *to = &plan->sandbox[i];
	uint64_t top = plan->memory_size[i] < INITRD_TOP ? plan->memory_size[i] : INITRD_TOP;
	uint32_t file;

	if (plan->kernel_end[i] + a->size + QV_PAGE_SIZE > top) {
		too_small(plan, d, i, plan->kernel_end[i] + a->size + QV_PAGE_SIZE);
		free(a->bytes);
		return false;
	}
	to->initrd_gpa = (top - a->size) & ~(QV_PAGE_SIZE - 1);
	to->initrd_size = a->size;
	file = add_file(plan, to->kernel == QV_KERNEL_LINUX ? "initrd" : "programs", NULL, a->bytes, a->size);
	return add_load(plan, d, plan->source[i]->kernel_text.at, &(struct qv_load){ .target = QV_LOAD_SANDBOX, .index = i,
		.file = file, .flags = QV_MEM_READ | QV_MEM_WRITE, .file_size = a->size, .address = to->initrd_gpa,
		.mem_size = a->size });
}

static bool add_initrd(struct plan *plan, struct diag *d, const struct plan_options *o, uint32_t i)
{
	struct plan_archive a = { 0 };

	if (!plan_archive(&a, plan->source[i], o, d)) {
		free(a.bytes);
		return false;
	}
	if (a.size > 0)
		return place_initrd(plan, d, i, &a);
	if (plan->kernel_end[i] > plan->memory_size[i])
		too_small(plan, d, i, plan->kernel_end[i]);
	return plan->kernel_end[i] <= plan->memory_size[i];
}

static bool monitor_segments_good(struct diag *d, const struct qv_elf *elf, const char *path)
{
	for (uint32_t i = 0; i < elf->count; i++) {
		const struct qv_elf_segment *s = &elf->segment[i];

		if (s->vaddr % QV_PAGE_SIZE || s->vaddr < QV_MON_IMAGE) {
			diag_error(d, (struct place_in_file){ 0, 0 }, "%s has a segment at 0x%llx; monitors are linked from 0x%llx on, "
				"each segment on pages of its own", path, (unsigned long long)s->vaddr, QV_MON_IMAGE);
			return false;
		}
	}
	return true;
}

static bool add_monitor(struct plan *plan, struct diag *d, const struct plan_options *o, const char *name,
	uint32_t target)
{
	const struct place_in_file whole = { 0, 0 };
	char *path = tool_format("%s/%s", o->build, name);
	int file = open_file(plan, d, whole, path, "build it with `make`");
	struct qv_elf elf;
	bool good = file >= 0 && add_elf(plan, d, whole, (uint32_t)file, target, 0, &elf) && monitor_segments_good(d, &elf,
		path);

	free(path);
	return good;
}

bool plan_images(struct plan *plan, const struct config *config, const struct plan_options *o, struct diag *d)
{
	bool good = true;

	(void)config;
	for (uint32_t i = 0; i < plan->sandbox_count; i++)
		if (plan->sandbox[i].kernel == QV_KERNEL_LINUX ? !add_linux(plan, d, o, i) : !add_quest(plan, d, o, i))
			good = false;
		else if (!add_initrd(plan, d, o, i))
			good = false;
	if (!(plan->system.flags & QV_SYSTEM_BARE)) {
		good &= add_monitor(plan, d, o, "monitor-svm.elf", QV_LOAD_MONITOR_SVM);
		good &= add_monitor(plan, d, o, "monitor-vmx.elf", QV_LOAD_MONITOR_VMX);
	}
	return good;
}
