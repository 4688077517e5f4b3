/* SPDX-License-Identifier: MIT */
/*
 * What every test guest has: a console in its slice of the black box, calls to the monitor, exceptions that can be
 * caught, a timer, and its other cores. Memory is identity-mapped from 0 to 512 GiB, all rights, ring 3 included, so
 * that nothing but the nested tables stands between a guest and an address.
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <abi/call.h>
#include <abi/exit.h>
#include <abi/info.h>
#include <guest/guest_asm.h>

#define GUEST_CODE_SELECTOR 0x10
#define GUEST_DATA_SELECTOR 0x18
#define GUEST_USER_DATA_SELECTOR 0x23
#define GUEST_USER_CODE_SELECTOR 0x2b
#define GUEST_VECTOR_TIMER 0x40
#define GUEST_VECTOR_IPI   0x50
#define GUEST_VECTOR_USER  0x80 /* ring 3 may raise it: how user code gives up */

/* Each guest defines this: runs on core 0 with interrupts off; when it returns, the core sleeps for ever. */
void guest_main(void);

/* ---- what the guest was told, and where it may write results ---- */

extern const struct qv_info *guest_info; /* a copy */
/* Word `i` of the slice: survives restarts of the sandbox. */
volatile uint64_t *guest_word(unsigned i);
/* Trace area of the slice: 1 MiB for results too long for words. */
volatile uint64_t *guest_trace(void);
#define GUEST_TRACE_WORDS ((1u << 20) / 8)

/* ---- console: TAP lines ---- */

void guest_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void guest_plan(unsigned tests);
/* One result: `ok NAME`, or `not ok NAME: WHY`. */
void guest_ok(const char *name);
void guest_not_ok(const char *name, const char *why, ...) __attribute__((format(printf, 2, 3)));

/* ---- calls ---- */

int64_t guest_call(uint64_t number, uint64_t argument);
bool guest_is_amd(void);
/* Exits of this core so far that its own calls did not cause. Makes calls. */
uint64_t guest_exits(void);

/* ---- exceptions and interrupts ---- */

struct guest_frame { /* as stubs.S pushes it */
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};
typedef void guest_handler(struct guest_frame *frame);
/* `handler` takes `vector` on all cores; interrupts are acknowledged before it runs. NULL: back to the default. */
void guest_on(unsigned vector, guest_handler *handler);
/* The same, but the handler itself must acknowledge. */
void guest_on_no_eoi(unsigned vector, guest_handler *handler);

/* Deliver `vector` on a stack of its own on this core (IST 1). Returns the top, where each delivery starts. */
uint64_t guest_own_stack(unsigned vector);

struct guest_fault {
	uint64_t vector, error, rip, address;
};
#define GUEST_NO_FAULT 256u
/* Run attempt(argument). Vector of the exception that ended it, or GUEST_NO_FAULT with *result filled. Nests. Core 0
 * only. Details of the last exception are in guest_last_fault. */
unsigned guest_try(uint64_t (*attempt)(uint64_t), uint64_t argument, uint64_t *result);
extern struct guest_fault guest_last_fault;
/* Run `code` in ring 3 inside guest_try: ends with an exception or vector GUEST_VECTOR_USER. Never returns. */
_Noreturn void guest_user(void (*code)(void));
/* State at entry: RAX RCX RDX RBX RSP RBP RSI RDI R8-R15 RFLAGS, and CR3. */
extern const uint64_t guest_start_registers[17], guest_start_cr3;

/* ---- time ---- */

/* Set this core's timer up; exits. TSC-deadline if the processor has it and `periodic` is false. */
void guest_timer_init(bool periodic);
/* Take `count` ticks of `us` microseconds; each stores its TSC to stamps[i] unless that is NULL. Sleeps between them by
 * HLT, or spins. No exits. */
void guest_ticks(uint32_t count, uint64_t us, bool sleep, volatile uint64_t *stamps);
uint64_t guest_cycles(uint64_t us);
void guest_delay(uint64_t us);

/* ---- cores ---- */

/* Index of this core in the sandbox. */
unsigned guest_core(void);
/* Start core `index` by INIT-SIPI-SIPI at `run`, on its own stack. False if it does not show up within 20 s. */
bool guest_start_core(unsigned index, void (*run)(void));
/* Accept interrupts on this core: software-enable its APIC. */
void guest_enable_apic(void);
/* Write the interrupt command register: `command` as in hw/apic.h. */
void guest_send(uint32_t apic_id, uint32_t command);
/* Wait until *word is at least `value`, at most `us`. */
bool guest_wait(const volatile uint64_t *word, uint64_t value, uint64_t us);
/* End: sleep for ever, interrupts off. */
_Noreturn void guest_sleep(void);

#endif
