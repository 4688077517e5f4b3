/* SPDX-License-Identifier: MIT */
/* The terminal as the room of processes sees it. */
#ifndef FS_TERMINAL_PUBLIC_H
#define FS_TERMINAL_PUBLIC_H

#include <abi/types.h>

/* Session and foreground process group of the terminal, 0 = none: /proc/PID/stat tells them. */
int32_t terminal_session(void);
int32_t terminal_group(void);
/* The leader of a session has ended: the terminal is nobody's, if it was that session's, and the group that had it in
 * the foreground is told (SIGHUP). Thread context. */
void terminal_session_ended(int32_t session);
/* A key from wherever. Thread context of the core that has the terminal. */
void terminal_key(uint8_t key);

#endif
