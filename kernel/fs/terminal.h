/* SPDX-License-Identifier: MIT */
/* Private: the sandbox's console as a terminal. */
#ifndef FS_TERMINAL_H
#define FS_TERMINAL_H

/* Add /dev/console, /dev/tty and /dev/ttyS0. */
void terminal_init(void);

#endif
