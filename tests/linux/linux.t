#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1100
# timeout-long: 1100
# Stock Debian Linux on QEMU (AMD-V): exits of its boot, none afterwards under load, power off, reboot.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
launch() { # STEPS OPTIONS...: tests/linux/load.yaml with another qv.run=
	sed "s/qv.run=[^ ]*/qv.run=$1/" tests/linux/load.yaml >"$scratch/system.yaml"
	shift
	${QUESTC:-build/questc} pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 && boot "$scratch/blob" "$@"
}

launch load:200 --until "200 rounds done" --wall 200
point $? "Linux boots and runs a fork, exec and pipe load"
is core.1.exits -le 150 "the whole boot takes at most 150 exits"
is core.1.exit.io -le 46 "of them at most 46 for ports"
is core.1.after_ready = 0 "none after ready, load included"
is core.1.faults = 0 "no fault"
is core.0.faults = 0 "no fault beside it"

launch poweroff --until-ended --wall 200
grep -q "Power down" "$scratch/log"
point $? "poweroff reaches the end of the kernel"
is core.1.state = stopped "and ends its sandbox"
is core.0.state = running "and no other"

lives=21
launch reboot --until-lives $lives --wall 800
is core.1.launches -ge $lives "20 reboots in a row, each a new life"
is core.1.exits -le $((lives * 150)) "no life costs more than the first may"
is core.1.faults = 0 "no life ends with a fault"
is core.0.launches = 1 "the other sandbox lives on in its first life"
plan
