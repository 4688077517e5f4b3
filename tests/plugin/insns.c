/* SPDX-License-Identifier: MIT */
/*
 * QEMU TCG plugin: counts executed instructions by 2 MiB page of guest memory, that is, by sandbox.
 *
 * Arguments: entry=HEX (physical address of the first boot instruction, where virtual and physical are equal: it tells
 * where guest memory lies in the emulator) and out=FILE. At exit FILE gets one line a page: `page ADDRESS COUNT`,
 * decimal. The emulator ships no header for plugins: the few declarations used are made here (plugin interface 2 to 4).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t qemu_plugin_id_t;
typedef void insn_callback(unsigned int vcpu, void *data);

extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, insn_callback *callback, int flags,
	void *data);
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*callback)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t id, void *data),
	void *data);

__attribute__((visibility("default"))) extern int qemu_plugin_version;
int qemu_plugin_version = 2;

#define PAGE_SHIFT 21
#define MAX_PAGES  1024

struct page {
	uint64_t host; /* host address >> PAGE_SHIFT-aligned start of the guest page */
	uint64_t count;
};

static struct page pages[MAX_PAGES];
static unsigned page_count;
static uint64_t entry, base; /* base: host address of guest-physical 0; 0 = not known yet */
static char out[256];

static void executed(unsigned int vcpu, void *data)
{
	(void)vcpu;
	((struct page *)data)->count++;
}

static struct page *page_of(uint64_t guest)
{
	uint64_t key = guest >> PAGE_SHIFT;

	for (unsigned i = 0; i < page_count; i++) {
		if (pages[i].host == key)
			return &pages[i];
	}
	if (page_count == MAX_PAGES)
		abort(); /* a wrong count would be worse */
	pages[page_count].host = key;
	return &pages[page_count++];
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t host = (uint64_t)(uintptr_t)qemu_plugin_insn_haddr(insn);

		if (!base && qemu_plugin_insn_vaddr(insn) == entry)
			base = host - entry;
		if (base && host >= base)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, 0, page_of(host - base));
	}
}

static void finished(qemu_plugin_id_t id, void *data)
{
	FILE *f = fopen(out, "w");

	(void)id;
	(void)data;
	if (!f)
		return;
	for (unsigned i = 0; i < page_count; i++)
		(void)fprintf(f, "page %" PRIu64 " %" PRIu64 "\n", pages[i].host << PAGE_SHIFT, pages[i].count);
	(void)fclose(f);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
	char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "entry=", 6))
			entry = strtoull(argv[i] + 6, NULL, 16);
		if (!strncmp(argv[i], "out=", 4))
			(void)snprintf(out, sizeof(out), "%s", argv[i] + 4);
	}
	if (!entry || !*out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
