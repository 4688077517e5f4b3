/* SPDX-License-Identifier: MIT */
/* The sandbox's programs: file system, processes and system calls come up, then what the system file names is
   started. */
#ifndef MAIN_PROGRAMS_H
#define MAIN_PROGRAMS_H

/* On core 0, once, after sched_init. Nothing happens if no program archive was given. */
void programs_start(void);

#endif
