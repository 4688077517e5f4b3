#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# Processes, files and pipes without a word and without an end.
while :; do
	echo line >/tmp/load
	/bin/busybox cat /tmp/load | /bin/busybox wc >/dev/null
	/bin/busybox ls -l / >/dev/null
	/bin/busybox rm /tmp/load
done
