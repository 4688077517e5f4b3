#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# Keys typed at `quest run` interrupt the sandbox with the serial port and reach a program there: lines, editing, echo, ^C.
# Under AMD-V, under VT-x, and on the machine itself.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
export QUEST_RUN_DIR=$scratch/machine
cat >"$scratch/keys.yaml" <<S
system: keys
sandboxes:
  test:
    kernel: $PWD/build/test-keys.elf
    cores: 1
    memory: 64 MiB
    uart: com1
S
wait_for() { # TEXT: the machine is asked, not the clock
	for _ in $(seq 240); do
		grep -q "$1" "$out" && return
		sleep 1
	done
}
keys() { # NAME OPTION...
	name=$1
	shift
	: >"$out"
	(
		wait_for 'type now'
		printf 'hellp\177o\r'
		wait_for 'line of 6'
		printf 'lost\003kept\r'
		wait_for 'line of 5'
		printf 'end\r'
		wait_for 'tests over'
		printf '\001x'
		sleep 3
	) | script -qfec "./quest run $* $scratch/keys.yaml" "$out" >/dev/null 2>&1
	grep -q 'line of 6: <hello> signal 0' "$out"
	point $? "$name: a line is read as it was edited"
	grep -q 'line of 5: <kept> signal 2' "$out"
	point $? "$name: ^C makes a signal and drops the line"
	grep -q 'all read' "$out" && ! grep -q 'not all read' "$out"
	point $? "$name: the end was read"
	grep -q 'by interrupts only' "$out"
	point $? "$name: all keys came by interrupt, and none came without a key"
}
keys AMD-V
keys bare --bare
keys VT-x --on bochs
plan
