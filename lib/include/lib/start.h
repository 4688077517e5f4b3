/* SPDX-License-Identifier: MIT */
/*
 * Start pages: what lies in a sandbox's memory when its first core is entered in 64-bit mode: descriptor table and
 * identity page tables for the first 4 GiB. Built by boot code into a buffer that each launch copies to `gpa`.
 */
#ifndef LIB_START_H
#define LIB_START_H

#include <abi/handover.h>

#define QV_START_CS 0x10u
#define QV_START_DS 0x18u
#define QV_START_GDT_BYTES   32u
#define QV_START_TABLE_BYTES (6u * 4096u) /* PML4, PDPT, four page directories of 2 MiB pages */

/* A run of bytes and the guest-physical address it will be copied to. */
struct qv_start_buffer {
	uint8_t *bytes; /* 8-byte aligned */
	uint64_t gpa;   /* page aligned */
	uint64_t size;
};

/* Put a flat GDT (selectors above) at `offset` and identity tables at page-aligned `tables`, named in *state. */
void qv_start_flat(const struct qv_start_buffer *b, uint64_t offset, uint64_t tables, struct qv_start_state *state);

#define QV_QUEST_START_BYTES (2u * 4096u + QV_START_TABLE_BYTES)

/* Start pages of a Quest kernel, abi/info.h: page 0 is left to the caller for struct qv_info, GDT in page 1, tables
 * from page 2. False if the buffer is smaller than QV_QUEST_START_BYTES, or gpa is not page aligned or not below
 * 4 GiB. */
bool qv_quest_start(const struct qv_start_buffer *b, uint64_t entry, struct qv_start_state *state);

#endif
