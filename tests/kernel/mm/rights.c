/* SPDX-License-Identifier: MIT */
/* What the processor itself refuses: each protection alone, on pages that are really mapped. */
#include "world.h"

#include <base/features.h>
#include <base/probe.h>
#include <hw/cpu.h>

#define AT 0x70000000ull
#define RW (SPACE_READ | SPACE_WRITE)
#define RET 0xc3u
#define CR4_SMEP (1ull << 20)
#define CR4_SMAP (1ull << 21)

static bool probe_without(uint64_t cr4_bits, bool (*probe)(const void *address), uint64_t at)
{
	uint64_t cr4 = hw_read_cr4();
	bool done;

	hw_write_cr4(cr4 & ~cr4_bits);
	done = probe((const void *)at);
	hw_write_cr4(cr4);
	return done;
}

static bool probe_store(const void *address)
{
	return probe_write((void *)(uint64_t)address);
}

void test_rights(void)
{
	struct space *space = space_create(0);
	uint64_t text = AT, data = AT + PAGE, fixed = AT + 2 * PAGE, none = AT + 3 * PAGE;
	bool good = space_map(space, AT, 4 * PAGE, RW | SPACE_FIXED, NULL, 0) > 0;

	world_load(space);
	for (uint64_t page = 0; page < 4; page++)
		good = good && poke(AT + page * PAGE, RET);
	good = good && space_protect(space, text, PAGE, SPACE_READ | SPACE_EXEC) == 0 &&
		space_protect(space, fixed, PAGE, SPACE_READ) == 0 && space_protect(space, none, PAGE, 0) == 0;
	test_point(good && probe_without(CR4_SMEP | CR4_SMAP, probe_call, text), "what may be executed can be executed");
	test_point(!probe_without(CR4_SMEP | CR4_SMAP, probe_call, data), "what may not is refused by the processor");
	test_point(probe_without(CR4_SMAP, probe_store, data) && !probe_without(CR4_SMAP, probe_store, fixed) &&
		probe_without(CR4_SMAP, probe_read, fixed), "a page that is only for reading cannot be written");
	test_point(!probe_without(CR4_SMAP, probe_read, none), "a page without rights cannot be read");
	test_point(!poke(none, 1) && world_last == SPACE_FAULT_RIGHTS && space_protect(space, none, PAGE, RW) == 0 &&
		poke(none, 1), "and is there again when it gets rights");
	test_point(!features()->smep || !probe_call((const void *)text), "SMEP: the kernel cannot execute a user's page");
	test_point(!features()->smap || (!probe_read((const void *)data) && !probe_write((void *)data)),
		"SMAP: nor touch it outside its copies");
	test_note("SMEP %s, SMAP %s", features()->smep ? "on" : "not there", features()->smap ? "on" : "not there");
	test_point(space_fault(space, data, 0x15) == SPACE_FAULT_RIGHTS &&
		space_fault(space, fixed, 7) == SPACE_FAULT_RIGHTS &&
		space_fault(space, AT + 4 * PAGE, 4) == SPACE_FAULT_NO_AREA, "faults tell why");
	world_load(NULL);
	space_destroy(space);
}
