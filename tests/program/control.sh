#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# Lists and copies files in processes of their own until the control program has ended; then tells of all VCPUs and has
# Lua end, too.
running() { /bin/busybox pidof control >/dev/null; }

tries=0
until running || [ $tries = 100 ]; do
	tries=$((tries + 1))
done
turns=0
while running; do
	/bin/busybox ls -l /bin | /bin/busybox wc -l >/tmp/count
	/bin/busybox cp /bin/control /tmp/copy
	/bin/busybox rm /tmp/copy
	turns=$((turns + 1))
done
/bin/busybox cat /proc/vcpus
echo "shell over: more than $((turns > 1)) turns, $(/bin/busybox cat /tmp/count) lines"
: >/tmp/over
