/* SPDX-License-Identifier: MIT */
/* Private to the room: what the kernel checks of itself before it reports ready. */
#ifndef MAIN_SELFTEST_H
#define MAIN_SELFTEST_H

/* Run all checks on this core; panics with the name of the first that fails. Needs the timer to tick. */
void selftest_run(void);

#endif
