#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1500
# VT-x: the program tests as on QEMU. A program of the test may execute CPUID, which always exits there; nothing else does.
set -u
. "$(dirname "$0")/common.sh"
boot() { boot_bochs "$@"; }

run_programs --wall 1400
is core.0.after_ready = 0 "no exit of the sandbox's core after ready"
plan
