/* SPDX-License-Identifier: MIT */
#include "devices.h"
#include "vcpus.h"

#include <base/boot.h>
#include <base/init.h>
#include <base/log.h>
#include <dev/uart.h>
#include <lib/args.h>

INIT static const char *refusal(enum vcpu_error error)
{
	static char text[160];

	return vcpu_refusal(error, text, sizeof(text));
}

/* NULL: there is none, or it was refused. */
INIT static struct vcpu *named(void)
{
	const struct qv_info *info = boot_info();

	for (uint32_t i = 0; i < info->vcpu_count; i++) {
		if (info->vcpu[i].flags & QV_VCPU_UART)
			return vcpus_at(i);
	}
	return NULL;
}

INIT static struct vcpu *own(void)
{
	struct vcpu_parameters p = {.io = true, .num = QV_UART_UTILISATION, .den = QV_VCPU_UTILISATION_ONE, .name = "uart"};
	struct vcpu *v;
	enum vcpu_error error = vcpu_create(&p, &v);

	if (error)
		log_error("the serial port gets no VCPU: %s", refusal(error));
	return error ? NULL : v;
}

INIT void devices_start(void)
{
	bool interrupted = qv_args_has(boot_info()->args, "charge-interrupted");
	enum vcpu_error error;
	struct vcpu *v;

	interrupts_show();
	if (!uart_wants_interrupts())
		return;
	v = named();
	if (!v)
		v = own();
	if (!v)
		return;
	error = uart_start_interrupts(v, interrupted);
	if (error)
		log_error("the serial port does not interrupt: %s", refusal(error));
}
