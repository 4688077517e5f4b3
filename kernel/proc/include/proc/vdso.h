/* SPDX-License-Identifier: MIT */
/*
 * The vDSO in processes: the kernel's page of data, read-only, and above it the shared object of kernel/vdso, read and
 * execute. Both are pages of the kernel's image, the same frames for all; a program may unmap them or ask for other
 * rights, and then has what it asked for, or a copy of its own.
 */
#ifndef PROC_VDSO_H
#define PROC_VDSO_H

#include <abi/vdso.h>
#include <mm/space.h>

/* Once, before the first program. */
void vdso_init(void);
/* Bytes of both, and what is mapped from `start` on; returns where the ELF header is. */
uint64_t vdso_bytes(void);
uint64_t vdso_parts(uint64_t start, struct space_part part[2]);
/* What /proc/PID/maps says of the area at `at`, after a blank: " [vdso]", " [vvar]"; NULL: it is neither. */
const char *vdso_label(struct space *space, uint64_t at);
/* The kernel's side of the page. */
struct vdso_data *vdso_data(void);

#endif
