/* SPDX-License-Identifier: MIT */
/* Exceptions of ring 3: page faults go to the address space, the rest become signals. */
#include "proc.h"

#include <base/log.h>

#define VECTOR_PAGE_FAULT 14u

static const struct {
	uint8_t signal, code;
} signal_of[32] = {
	[0] = {LX_SIGFPE, 1},          /* divide error: FPE_INTDIV */
	[1] = {LX_SIGTRAP, 2},         /* debug: TRAP_TRACE */
	[3] = {LX_SIGTRAP, 1},         /* breakpoint: TRAP_BRKPT */
	[4] = {LX_SIGSEGV, 128},       /* overflow */
	[5] = {LX_SIGSEGV, 128},       /* bound range */
	[6] = {LX_SIGILL, 2},          /* undefined instruction: ILL_ILLOPN */
	[11] = {LX_SIGBUS, 128},       /* segment not present */
	[12] = {LX_SIGBUS, 128},       /* stack segment: an address that is not canonical */
	[13] = {LX_SIGSEGV, 128},      /* general protection */
	[16] = {LX_SIGFPE, 7},         /* x87: FPE_FLTINV */
	[17] = {LX_SIGBUS, 1},         /* alignment: BUS_ADRALN */
	[19] = {LX_SIGFPE, 7},         /* SIMD */
};

static void die_of_memory(struct process *p)
{
	log_warn("%s[%d]: out of memory (limit %llu KiB); it is ended", p->name, p->pid,
		(unsigned long long)(p->memory_limit >> 10));
	signal_process(p, LX_SIGKILL, NULL);
}

/* A user copy that fails for want of memory gives -EFAULT to its caller; the process ends on its way out. */
static bool page_fault(struct trap_frame *frame, uint64_t address)
{
	struct process *p = process_self();
	bool user = trap_from_user(frame);
	enum space_fault result;

	if (!p->memory)
		return false;
	memory_lock(p->memory);
	result = space_fault(p->memory->space, address, frame->error);
	memory_unlock(p->memory);
	if (!user)
		sched_preempt_point(); /* the call that copies goes on, maybe to the next fault */
	if (result == SPACE_FAULT_DONE)
		return true;
	if (result == SPACE_FAULT_NO_MEMORY)
		die_of_memory(p);
	else if (user && result == SPACE_FAULT_BACKING)
		signal_fault(LX_SIGBUS, LX_BUS_ADRERR, address);
	else if (user)
		signal_fault(LX_SIGSEGV, result == SPACE_FAULT_RIGHTS ? LX_SEGV_ACCERR : LX_SEGV_MAPERR, address);
	return user;
}

/* Given to base: true = go on. Kernel threads have no space: their faults are bugs. */
bool proc_fault(struct trap_frame *frame, uint64_t address)
{
	if (!thread_self() || !thread_self()->xsave)
		return false;
	if (frame->vector == VECTOR_PAGE_FAULT)
		return page_fault(frame, address);
	if (!trap_from_user(frame) || frame->vector >= 32 || !signal_of[frame->vector].signal)
		return false;
	signal_fault(signal_of[frame->vector].signal, signal_of[frame->vector].code, frame->rip);
	return true;
}
