#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# AMD-V: files on the kernel's real memory, tested in a sandbox; then what they cost in instructions.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml fs NAME=fs CORES=1 && run_system qemu fs --icount --until "test|tests done" --wall 800
relay fs test
grep '^# cost' "$dir/fs.test.lines"
plan
