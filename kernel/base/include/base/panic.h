/* SPDX-License-Identifier: MIT */
/* The end: say what happened with registers and backtrace, then end the sandbox. */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#include <base/irq.h>

/* Print the message, the place of the call and a backtrace; then QV_CALL_PANIC, or halt when bare. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for an exception nobody expected, with its registers. */
_Noreturn void panic_trap(const struct trap_frame *frame);

#endif
