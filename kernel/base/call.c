/* SPDX-License-Identifier: MIT */
/* The one place that executes the call instruction of the vendor below. */
#include <base/boot.h>
#include <base/call.h>

int64_t call_monitor(uint64_t number, uint64_t argument)
{
	if (boot_is_bare())
		return QV_ENOSYS;
	return qv_call(boot_info()->flags & QV_INFO_VMMCALL, number, argument, 0, 0);
}
