#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# AMD-V: files between threads on the real scheduler, in a sandbox.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml waits NAME=waits CORES=1 && run_system qemu waits --icount --until "test|done" --wall 800
relay waits test
grep '^# cost' "$dir/waits.test.lines"
plan
