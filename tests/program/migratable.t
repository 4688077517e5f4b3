#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# Programs in an arena: on AMD-V, on VT-x and bare. What they ask for comes from their blocks; what binds them to their core
# is named; one that wants more than its arena or its limit is ended, the others go on.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

check() { # WHERE
	point $? "$1: both programs came to their end"
	sed -n 's/^quest *| //p' "$scratch/log" | grep -Ev 'info|MiB|warning: |^\[' >"$scratch/observed"
	grep -Fxf tests/program/migratable.expect "$scratch/observed" | diff tests/program/migratable.expect - >"$out"
	point $? "$1: memory lies in the arena; what binds the program is named"
	cp "$scratch/log" "$out"
	grep -q 'quest *| .*migratable\[.*out of memory (limit 0' "$scratch/log" &&
		grep -q 'quest *| arena: 1 MiB' "$scratch/log" && ! grep -q 'quest *| arena: 2 MiB' "$scratch/log"
	point $? "$1: the program that asks for more than its arena is ended with a message"
	grep -q 'quest *| .*migratable\[.*out of memory (limit 4096 KiB)' "$scratch/log" &&
		grep -q 'quest *| limit: 3 MiB' "$scratch/log" && ! grep -q 'quest *| limit: 4 MiB' "$scratch/log"
	point $? "$1: so is the one that asks for more than its limit"
}

until=(--until "quest|migratable over" --until "quest|out of memory (limit 0 KiB)"
	--until "quest|out of memory (limit 4096 KiB)")
build/questc pack tests/program/migratable.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the file is compiled"
grep -q 'arena of quest' < <(build/questc check tests/program/migratable.yaml)
point $? "the arena is shown in the memory map"
boot "$scratch/blob" "${until[@]}" --wall 240
check AMD-V
is core.0.after_ready = 0 "no exit after ready"
boot_bochs "$scratch/blob" "${until[@]}" --wall 400
check VT-x
build/questc pack --bare quest tests/program/migratable.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the bare system is compiled"
boot "$scratch/blob" "${until[@]}" --wall 240
check bare
plan
