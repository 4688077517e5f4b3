/* SPDX-License-Identifier: MIT */
/* Shared by fuzz, which makes random calls, and fuzzers, which starts, watches and buries it. */
#ifndef PROGRAM_FUZZ_H
#define PROGRAM_FUZZ_H

#define FUZZ_MADE "/made"   /* a page of counters: calls of each process */
#define FUZZ_AT_ONCE 4u
#define FUZZ_OF_ONE 1500u   /* calls of a process */
#define FUZZ_VCPUS 64
#define FUZZ_QUEST 0x1000u  /* Quest's own calls */
#define FUZZ_QUEST_CALLS 32u

#endif
