/* SPDX-License-Identifier: MIT */
/* Private to monitor/svm. */
#ifndef SVM_SVM_H
#define SVM_SVM_H

#include <lib/assert.h>
#include <mon/backend.h>

#include "vmcb.h"

struct svm {
	struct svm_vmcb *vmcb;
	uint64_t vmcb_hpa;
	uint64_t next_rip; /* after the instruction that exited */
	bool nmi_waits;    /* the guest is to get an NMI and could not take it yet */
	bool has_next_rip; /* the processor reports where the next instruction is */
};
extern struct svm svm; /* one per core */
extern volatile uint32_t svm_registers_changed; /* mon_start_gprs holds more than C code keeps: load all of it */

/* run.S */
_Noreturn void svm_loop(uint64_t vmcb_hpa);
/* backend.c: give the guest the NMI that waits, or exit as soon as it can take it. */
void svm_deliver_nmi(void);
/* exit.c: translate one exit and have it served. */
void svm_exit(void);

#endif
