/* SPDX-License-Identifier: MIT */
/* Tells the monitor that this sandbox is up: one byte to the one port that is trapped for it. */
#include <stdio.h>
#include <sys/io.h>

#include <abi/call.h>

int main(void)
{
	if (ioperm(QV_PORT_READY, 1, 1) != 0) {
		perror("qv-ready: no access to the ready port (run as root)");
		return 1;
	}
	outb(1, QV_PORT_READY);
	return 0;
}
