/* SPDX-License-Identifier: MIT */
/* Memory accesses that report a fault instead of panicking: for self-tests of the kernel's own mappings. */
#ifndef BASE_PROBE_H
#define BASE_PROBE_H

#include <abi/types.h>

/* Read one byte. False if that faulted. */
bool probe_read(const void *address);
/* Write one byte without changing it. False if that faulted. */
bool probe_write(void *address);
/* Call the bytes at `address`, which hold a RET. False if fetching them faulted. */
bool probe_call(const void *address);

#endif
