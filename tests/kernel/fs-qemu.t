#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# AMD-V: files on the kernel's real memory, tested in a sandbox; then what they cost in instructions.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml fs NAME=fs CORES=1 && run_system qemu fs --icount --until "test|tests done" --wall 800
relay fs test
grep '^# cost' "$dir/fs.test.lines"
cost() { # NAME MOST: instructions
	value=$(sed -n "s/^# cost $1 //p" "$dir/fs.test.lines")
	[ "${value:-99999999}" -le "$2" ]
	point $? "$1 takes at most $2 instructions" "it took ${value:-?}"
}
cost null-write-1 100
cost pipe-write-1 250
cost pipe-read-1 250
cost poll-1 300
cost write-4-MiB-longest 2500
cost read-4-MiB-longest 2000
cost truncate-4-MiB-longest 2500
cost readdir-longest 2000
cost copy-64-descriptors-longest 2000
plan
