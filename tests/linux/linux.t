#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# timeout-long: 600
# Stock Debian Linux on QEMU (AMD-V): exits of its boot, none afterwards under load, power off, reboot.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
launch() { # STEPS OPTIONS...: tests/linux/load.yaml with another qv.run=
	sed "s/qv.run=[^ ]*/qv.run=$1/" tests/linux/load.yaml >"$scratch/system.yaml"
	shift
	${QUESTC:-build/questc} pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 && boot "$scratch/blob" "$@"
}

launch load:200 --until "200 rounds done" --wall 120
point $? "Linux boots and runs a fork, exec and pipe load"
is core.1.exits -le 150 "the whole boot takes at most 150 exits"
is core.1.exit.io -le 46 "of them at most 46 for ports"
is core.1.after_ready = 0 "none after ready, load included"
is core.1.faults = 0 "no fault"
is core.0.faults = 0 "no fault beside it"

launch poweroff --until "reboot: Power down" --wall 90
grep -q "Power down" "$scratch/log"
point $? "poweroff reaches the end of the kernel"

lives=3
[ -z "${QUEST_LONG:-}" ] || lives=20
launch reboot --for $((lives * 13)) --wall $((lives * 25 + 100))
is core.1.launches -ge $lives "reboot starts a new life, again and again"
is core.1.faults = 0 "no life ends with a fault"
is core.0.launches = 1 "the other sandbox lives on in its first life"
plan
