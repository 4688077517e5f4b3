/* SPDX-License-Identifier: MIT */
/*
 * A machine the runner can start, watch and stop. Each emulator is one struct machine_ops; nothing else of it is known
 * outside its file. Watching only ever reads guest memory, so it changes nothing in the machine.
 */
#ifndef RUN_MACHINE_H
#define RUN_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MACHINE_MAX_EXTRA 64

enum watch_exits { WATCH_NONE, WATCH_ALWAYS, WATCH_AFTER_READY };

struct machine_plan { /* what to start; filled by options and by the blob */
	const char *emulator;  /* program; NULL = the usual one */
	const char *kernel;    /* boot image (QEMU) */
	const char *blob;
	const char *iso;       /* Bochs boots from this instead of kernel and blob */
	const char *profile;   /* Bochs: the configuration template */
	const char *directory; /* for the emulator's own files */
	const char *append;    /* boot command line, may be "" */
	const char *exit_log;  /* QEMU: log every entry and exit here, NULL = no */
	const char *devices[16]; /* QEMU device names to add */
	size_t device_count;
	const char *extra[MACHINE_MAX_EXTRA]; /* emulator arguments, last word wins */
	size_t extra_count;
	uint32_t cores;
	uint64_t memory_top; /* bytes: the highest address the blob uses */
	uint64_t blob_size;
	bool icount;
	enum watch_exits watch_exits; /* Bochs: end the run at the first exit of any processor */
};

struct machine {
	const struct machine_ops *ops;
	struct machine_plan plan;
	pid_t pid;
	int console;       /* COM1, both directions; -1 = none */
	bool ended;        /* the emulator is gone or has stopped for good */
	bool exits_watched; /* the emulator stops at exits now */
	bool finished;     /* nothing more will be run; memory can still be read */
	char why[1200];     /* why it ended, "" = as asked */
	void (*pump)(void *context, int fd, int timeout_ms, bool *readable); /* serve console and keyboard while waiting */
	void *pump_context;
	struct qemu *qemu;
	struct bochs *bochs;
};

struct machine_ops {
	const char *name;
	/* Start the emulator. False: m->why says what went wrong and what would help. */
	bool (*start)(struct machine *m);
	/* Copy guest-physical memory. False when the machine cannot be read (now). */
	bool (*read)(struct machine *m, uint64_t address, void *to, size_t size);
	/* Change one aligned quadword of physical memory, as a fault of the hardware or of a monitor would: for tests. */
	bool (*write)(struct machine *m, uint64_t address, uint64_t value);
	/* Let it run for a while (about 50-100 ms); sets m->ended. */
	void (*step)(struct machine *m);
	/* Seconds of machine time since power on. */
	double (*seconds)(struct machine *m);
	/* From here on an exit of any processor ends the run and is a failure. May be NULL. */
	void (*watch_exits)(struct machine *m);
	/* End the emulator and free everything; safe after a failed start. */
	void (*stop)(struct machine *m);
};

extern const struct machine_ops machine_qemu;
extern const struct machine_ops machine_bochs;

/* RAM the emulated PC gets, in bytes: what the blob uses, the module beside it and some for the firmware. */
uint64_t machine_memory(const struct machine_plan *plan);
/* Start a child that dies with the runner; its stderr and (unless given) stdout go to `log`. -1 on failure. */
pid_t machine_spawn(char *const argv[], int input, int output, const char *log);
/* Has the child ended (or wait for that)? Then m->ended and m->why (with the last line of `log`) are set. */
bool machine_reaped(struct machine *m, const char *log, bool wait);
/* Ask the child to end, then insist. */
void machine_kill(struct machine *m);

#endif
