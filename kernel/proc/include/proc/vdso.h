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
/* Map both into `space` at the highest free addresses: 0 and where the ELF header is, or -LX_ENOMEM. */
int64_t vdso_map(struct space *space, uint64_t *header);
/* What /proc/PID/maps says of the area at `at`, after a blank: " [vdso]", " [vvar]"; NULL: it is neither. */
const char *vdso_label(struct space *space, uint64_t at);
/* The kernel's side of the page. */
struct vdso_data *vdso_data(void);

#endif
