/* SPDX-License-Identifier: MIT */
/* Keeper of the entry information. */
#include <base/boot.h>

static struct qv_info info;

bool boot_info_take(const struct qv_info *given)
{
	if (given->magic != QV_INFO_MAGIC || given->version != QV_INFO_VERSION)
		return false;
	info = *given;
	info.name[QV_NAME_LEN - 1] = '\0';
	info.args[sizeof(info.args) - 1] = '\0';
	return info.core_count >= 1 && info.core_count <= QV_MAX_CORES && info.range_count <= QV_MAX_RANGES &&
		info.vcpu_count <= QV_INFO_VCPUS;
}

const struct qv_info *boot_info(void)
{
	return &info;
}
