/* SPDX-License-Identifier: MIT */
/* Private to the room: devices that interrupt. */
#ifndef MAIN_DEVICES_H
#define MAIN_DEVICES_H

/* Let the serial port interrupt, if it can, on the I/O VCPU that the system file names for it or on one of its own. On
 * core 0, after vcpus_create and programs_prepare, before anything runs that never sleeps. What is refused is told; the
 * port is then asked by a timer. */
void devices_start(void);

/* Add /proc/interrupts. */
void interrupts_show(void);

#endif
