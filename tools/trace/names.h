/* SPDX-License-Identifier: MIT */
/* Names of system calls. */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H

#include <stdint.h>

/* Its name, Linux' or Quest's own, else its number; in `text` or constant. */
const char *call_name(uint64_t number, char text[32]);

#endif
