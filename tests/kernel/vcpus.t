#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# VCPUs of a system file: created at boot, refused with the reason, and the program of one runs on it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

line() { grep -q "^quest *| .*$1" "$scratch/log"; }

build/questc pack tests/kernel/vcpus.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the file is compiled"
boot "$scratch/blob" --icount --until "quest|value >= 4: " --wall 280
point $? "the program of a VCPU runs to its last line"
line "VCPU loop: 1000 us every 5000 us on core 0"
point $? "a main VCPU"
line "VCPU there: 2000 us every 10000 us on core 1"
point $? "one on the other core"
line "VCPU net: 12.500% of core 0 for I/O"
point $? "an I/O VCPU"
line "VCPU tiny is refused: VCPU tiny: a budget of 1000 cycles is below the [0-9]* that can be enforced here"
point $? "a budget that cannot be enforced is refused with the reason"
plan
