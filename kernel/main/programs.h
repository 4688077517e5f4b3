/* SPDX-License-Identifier: MIT */
/* The sandbox's programs: file system, processes and system calls come up, then what the system file names is
   started. */
#ifndef MAIN_PROGRAMS_H
#define MAIN_PROGRAMS_H

/* File system, processes, system calls. On core 0, once, when all cores are up. Nothing happens, here and in the next,
 * if no program archive was given. */
void programs_prepare(void);
/* Start them, when the VCPUs are there; other cores' programs are started on them. */
void programs_start(void);

#endif
