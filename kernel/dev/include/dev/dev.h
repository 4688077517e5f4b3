/* SPDX-License-Identifier: MIT */
/* The devices every sandbox may have: console ring and serial port. */
#ifndef DEV_DEV_H
#define DEV_DEV_H

/* Make the console work: the ring in the black box and the serial port, where the entry information names them, get
 * the kernel log. Needs SLICE_BASE mapped; the first thing of boot, so without interrupts. */
void dev_init(void);

#endif
