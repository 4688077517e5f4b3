#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# More input than anybody types, from outside: no byte is lost, and no VCPU beside it misses.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
export QUEST_RUN_DIR=$scratch/machine
cat >"$scratch/input.yaml" <<S
system: input
sandboxes:
  quest:
    kernel: quest
    cores: 1
    memory: 64 MiB
    programs: [/bin/busybox]
    uart: com1
    vcpus:
      shell: {budget: 10 ms, period: 50 ms, run: /bin/busybox sh}
      load: {budget: 10 ms, period: 20 ms, run: /bin/busybox sha256sum /dev/zero}
      keys: {io: uart, utilization: 5%}
S
# The machine is asked, not the clock. A text that never comes ends the run: what is typed without it means nothing.
wait_for() { # TEXT
	for _ in $(seq 250); do
		grep -q "$1" "$out" && return
		sleep 1
	done
	echo "no '$1' in 250 s" >"$scratch/silent"
	printf '\001x'
	sleep 3
	exit
}
(
	wait_for 'ready'
	printf 'echo count""ing; wc -c; echo end of in""put\r'
	wait_for 'counting' # the shell edits no line any more
	for i in $(seq 100); do printf 'line %03d of the storm ................\r' "$i"; done
	printf '\004'
	wait_for 'end of input'
	printf 'cat /proc/interrupts /proc/vcpus; echo all s""aid\r'
	wait_for 'all said'
	printf '\001x'
	sleep 3
) | script -qfec "./quest run --icount $scratch/input.yaml" "$out" >/dev/null 2>&1
[ ! -s "$scratch/silent" ]
point $? "the machine says all that is waited for$(sed 's/^/: /' "$scratch/silent" 2>/dev/null)"
tr -d '\r' <"$out" | grep -qE '(^|[| ])3900$'
point $? "every byte of 100 lines arrives"
grep -qE '  80: +[1-9][0-9]*  uart: [0-9]+ cycles, worst [0-9]+, charged to keys' "$out"
point $? "by interrupts that are counted and charged"
for v in shell load; do
	grep -qE "[0-9]+ $v main .* 0[[:space:]]*$" "$out"
	point $? "$v misses nothing"
done
plan
