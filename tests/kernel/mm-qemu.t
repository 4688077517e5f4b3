#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# AMD-V: memory of the kernel and of address spaces, tested in a sandbox; then what it costs in instructions.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml mm NAME=mm CORES=1 && run_system qemu mm --icount --until "test|tests done" --wall 800
relay mm test
grep '^# cost' "$dir/mm.test.lines"
cost() { # NAME MOST: instructions
	value=$(sed -n "s/^# cost $1 //p" "$dir/mm.test.lines")
	[ "${value:-99999999}" -le "$2" ]
	point $? "$1 takes at most $2 instructions" "it took ${value:-?}"
}
cost object 200
cost stack 200
cost fault 912
cost fork-40-pages 6000
cost destroy-40-pages 5000
cost fork-16-MiB-longest 2500
cost destroy-16-MiB-longest 2500
cost clear-16-MiB-longest 2500
plan
