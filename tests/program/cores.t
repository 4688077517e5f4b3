#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# Programs on the second core of a sandbox print what they print on Linux, while the first core starts processes and makes
# files all the time: on AMD-V and on VT-x. Each core has files and processes of its own.
set -u
PROGRAMS="files memory threads processes"
. "$(dirname "$0")/common.sh"

build/questc pack tests/program/cores.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the file is compiled"
boot "$scratch/blob" --until "quest|suite over" --wall 240
compare_programs "AMD-V: "
is core.1.after_ready = 0 "AMD-V: no exit of the second core after ready"
boot_bochs "$scratch/blob" --until "quest|suite over" --wall 400
compare_programs "VT-x: "
is core.1.after_ready = 0 "VT-x: no exit of the second core after ready"
plan
