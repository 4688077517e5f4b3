/* SPDX-License-Identifier: MIT */
/* Private to the room: the VCPUs of the system file. */
#ifndef MAIN_VCPUS_H
#define MAIN_VCPUS_H

#include <sched/vcpu.h>

/* Create them, those that are admitted; says what was created and what was refused, and why. All cores are up. */
void vcpus_create(void);
/* The VCPU of boot_info()->vcpu[i]; NULL if it was refused. */
struct vcpu *vcpus_at(uint32_t i);

#endif
