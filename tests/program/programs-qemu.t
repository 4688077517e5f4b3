#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# AMD-V: each program test prints in a Quest sandbox what the same binary prints on Linux; no exit after ready. The same on
# the kernel that is built for one core.
set -u
. "$(dirname "$0")/common.sh"

for kernel in quest quest-uniprocessor; do
	run_programs $kernel --wall 280
	is core.0.after_ready = 0 "$kernel: no exit of the sandbox's core after ready"
done
plan
