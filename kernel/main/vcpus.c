/* SPDX-License-Identifier: MIT */
/* VCPUs of the system file. They were admitted when it was compiled; this machine may be slower than was assumed
 * then. */
#include "vcpus.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/log.h>
#include <base/time.h>
#include <lib/assert.h>
#include <lib/string.h>

#define NS_PER_US 1000u

static struct vcpu *created[QV_INFO_VCPUS];

INIT static uint64_t cycles_of(uint64_t ns)
{
	return time_cycles(ns / NS_PER_US) + time_cycles(ns % NS_PER_US) / NS_PER_US;
}

INIT static struct vcpu *create(const struct qv_info_vcpu *from)
{
	struct vcpu_parameters p = {.io = from->flags & QV_VCPU_IO, .core = from->core, .budget = cycles_of(from->budget_ns),
		.period = cycles_of(from->period_ns), .num = from->utilisation, .den = QV_VCPU_UTILISATION_ONE};
	char text[160];
	struct vcpu *v;
	enum vcpu_error error;

	memcpy(p.name, from->name, sizeof(p.name));
	error = vcpu_create(&p, &v);
	if (error) {
		log_error("VCPU %s is refused: %s", from->name, vcpu_refusal(error, text, sizeof(text)));
		return NULL;
	}
	if (p.io)
		log_info("VCPU %s: %u.%03u%% of core %u for I/O", from->name, from->utilisation / 1000, from->utilisation % 1000,
			p.core);
	else
		log_info("VCPU %s: %llu us every %llu us on core %u", from->name, (unsigned long long)(from->budget_ns / NS_PER_US),
			(unsigned long long)(from->period_ns / NS_PER_US), p.core);
	return v;
}

INIT void vcpus_create(void)
{
	for (uint32_t i = 0; i < boot_info()->vcpu_count; i++)
		created[i] = create(&boot_info()->vcpu[i]);
}

struct vcpu *vcpus_at(uint32_t i)
{
	assert(i < QV_INFO_VCPUS);
	return created[i];
}
