#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# Stock Debian Linux on QEMU (AMD-V): exits of its boot, none afterwards under load, power off, reboot.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0
point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; tail -n 40 "$out/log" | sed 's/^/# /'; fi
}
value() { sed -n "s/^$1 //p" "$out/facts" | head -n 1; }
at_most() { # KEY LIMIT NAME
	local v
	v=$(value "$1")
	[ -n "$v" ] && [ "$v" -le "$2" ]
	point $? "$3 (${v:-nothing})"
}
launch() { # SYSTEM_FILE OPTIONS...
	local file=$1
	shift
	build/questc pack "$file" -o "$out/blob" >"$out/log" 2>&1 || return 1
	build/quest-run --blob "$out/blob" --name "$file" --directory "${QUEST_RUN_DIR:-$out/run}" --on qemu \
		--emulator "${QUEST_QEMU:-build/tools/qemu/bin/qemu-system-x86_64}" --facts "$out/facts" "$@" >"$out/log" 2>&1 </dev/null
}

launch tests/linux/load.yaml --until "200 rounds done" --wall 120
point $? "Linux boots and runs a fork, exec and pipe load"
at_most core.1.exits 150 "the whole boot takes at most 150 exits"
at_most core.1.exit.io 46 "of them at most 46 for ports"
at_most core.1.after_ready 0 "none after ready, load included"
at_most core.1.faults 0 "no fault"

sed 's/qv.run=[^ ]*/qv.run=poweroff/' tests/linux/load.yaml >"$out/off.yaml"
launch "$out/off.yaml" --until "reboot: Power down" --wall 90
sleep 1
grep -q "Power down" "$out/log"
point $? "poweroff reaches the end of the kernel"

sed 's/qv.run=[^ ]*/qv.run=reboot/' tests/linux/load.yaml >"$out/again.yaml"
launch "$out/again.yaml" --for 40 --wall 120
[ "$(value core.1.launches)" -ge 3 ]
point $? "reboot starts a new life, again and again ($(value core.1.launches))"
at_most core.1.faults 0 "no life ends with a fault"
[ "$(value core.0.launches)" = 1 ]
point $? "the other sandbox lives on in its first life"
echo "1..$n"
