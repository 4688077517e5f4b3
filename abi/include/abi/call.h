/* SPDX-License-Identifier: MIT */
/*
 * Calls from a sandbox's kernel to its monitor (ring 0 only; from ring 3 the call faults with #GP).
 *
 * RAX = number, RDI, RSI, RDX = arguments; result in RAX, all other registers kept. A negative result is an error and
 * then nothing was changed. An unknown number gives QV_ENOSYS. The trap instruction is the vendor's: see qv_info.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

#include <abi/types.h>

enum qv_call_number {
	QV_CALL_NULL = 0,     /* returns 0: the cost of a round trip */
	QV_CALL_READY = 1,    /* the sandbox is up; exits so far become the baseline of `after ready` */
	QV_CALL_EXITS = 2,    /* RDI = enum qv_exit: this core's count since power on */
	QV_CALL_STOLEN = 3,   /* this core's stolen TSC cycles since power on */
	QV_CALL_RESTART = 4,  /* RDI = sandbox: restart it; own sandbox, or one the system file allows */
	QV_CALL_STOP = 5,     /* end this sandbox; does not return */
	QV_CALL_LAUNCHES = 6, /* lives of this sandbox so far, 1 = first */
	QV_CALL_PANIC = 7,    /* the kernel cannot go on: a fault, on-fault decides. RDI = instruction, for the record */
	QV_CALL_COUNT
};

#define QV_ENOSYS (-38)
#define QV_EINVAL (-22)
#define QV_EPERM  (-1)
#define QV_EBUSY  (-16)
#define QV_EIO    (-5) /* the other sandbox's monitor has failed */

/* Ports every sandbox sees trapped: how a stock Linux speaks to its monitor without any call. */
#define QV_PORT_SLEEP_CONTROL 0x600u /* ACPI sleep control: an S5 request ends the sandbox */
#define QV_PORT_SLEEP_STATUS  0x601u
#define QV_PORT_RESET         0x604u /* ACPI reset register: QV_RESET_VALUE restarts the sandbox */
#define QV_PORT_READY         0x608u /* any byte: same as QV_CALL_READY */
#define QV_SLEEP_S5           0x34u  /* SLP_EN | SLP_TYP 5 as written to the control register */
#define QV_RESET_VALUE        0x99u

static inline int64_t qv_call(bool amd, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	if (amd)
		__asm__ volatile("vmmcall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "memory");
	else
		__asm__ volatile("vmcall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "memory");
	return result;
}

#endif
