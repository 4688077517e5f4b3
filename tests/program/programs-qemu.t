#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# AMD-V: each program test prints in a Quest sandbox what the same binary prints on Linux; no exit after ready.
set -u
. "$(dirname "$0")/common.sh"

run_programs --wall 240
is core.0.after_ready = 0 "no exit of the sandbox's core after ready"
plan
