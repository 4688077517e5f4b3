/* SPDX-License-Identifier: MIT */
/* Calls to the monitor. Bare, there is nobody to call: the stub answers QV_ENOSYS. */
#ifndef BASE_CALL_H
#define BASE_CALL_H

#include <abi/call.h>

/* Call `number` with one argument. Returns the result, negative for an error of abi/call.h. */
int64_t call_monitor(uint64_t number, uint64_t argument);

#endif
