/* SPDX-License-Identifier: MIT */
/* AML of the DSDT for Linux sandboxes: bytes [boot_linux_dsdt, boot_linux_dsdt_end). */
#ifndef BOOT_DSDT_H
#define BOOT_DSDT_H

#include <abi/types.h>

extern const uint8_t boot_linux_dsdt[], boot_linux_dsdt_end[];

#endif
