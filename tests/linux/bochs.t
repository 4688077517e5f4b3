#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# timeout-long: 1800
# Stock Debian Linux on Bochs (VT-x): boots beside a witness and runs a load without an exit. Minutes of host time, a part
# of them the digest of the kernel image in boot.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
# The pause keeps the shell away: it is a glibc program, and those execute CPUID, which exits on VT-x.
sed 's/qv.run=[^ ]*/qv.run=load:5,sleep:120/' tests/linux/load.yaml >"$scratch/system.yaml"
${QUESTC:-build/questc} pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"
boot_bochs "$scratch/blob" --until "5 rounds done" --wall 1700
grep -q 'linux .*5 rounds done' "$scratch/log"
point $? "Linux boots and runs a fork, exec and pipe load"
is sandbox.linux.ready = 1 "it reported ready"
is core.1.exits -le 600 "the boot's exits, most of them CPUID"
is core.1.exit.io -le 46 "at most 46 of them for ports"
is core.1.after_ready = 0 "none after ready"
is core.1.faults = 0 "no fault"
is core.0.faults = 0 "no fault beside it"
plan
