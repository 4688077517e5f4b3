/* SPDX-License-Identifier: MIT */
/* Private to the room: what dev_init brings up. */
#ifndef DEV_PARTS_H
#define DEV_PARTS_H

/* Make the ring usable, keeping what a former life left in it, and give it the kernel log. Does nothing if the sandbox
 * has no slice. */
void console_init(void);
/* Give the port of the entry information, if there is one, the kernel log. Its ports are the sandbox's own, so bytes
 * cost no exit; polled and bounded: a stuck port is given up. */
void uart_init(void);

#endif
