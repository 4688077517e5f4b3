#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# Keys typed at `quest run` reach a program in the sandbox with the serial port: lines, editing, echo, ^C.
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
(
	wait_for 'type now'
	printf 'hellp\177o\r'
	wait_for 'line of 6'
	printf 'lost\003kept\r'
	wait_for 'line of 5'
	printf 'end\r'
	wait_for 'all read'
	printf '\001x'
	sleep 3
) | script -qfec "./quest run $scratch/keys.yaml" "$out" >/dev/null 2>&1
grep -q 'line of 6: <hello> signal 0' "$out"
point $? "a line is read as it was edited"
grep -q 'line of 5: <kept> signal 2' "$out"
point $? "^C makes a signal and drops the line"
grep -q 'all read' "$out" && ! grep -q 'not all read' "$out"
point $? "the end was read"
plan
