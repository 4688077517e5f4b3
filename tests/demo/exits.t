#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# Exits counted from outside: QEMU's own log of world switches against the monitors' counters, on every core together.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

sum_of_cores() { awk '/^core\.[0-9]+\.exits / { n += $2 } END { print n + 0 }' "$scratch/facts"; }

compare() { # SYSTEM ARGUMENTS...
	local file=$1 outside inside
	shift
	${QUESTC:-build/questc} pack "$file" -o "$scratch/blob" >"$out" 2>&1
	boot "$scratch/blob" --exit-log "$scratch/exits" "$@" </dev/null
	point $? "$file runs under observation"
	outside=$(grep -o 'vmexit(' "$scratch/exits" | wc -l) # threads may share a line
	inside=$(sum_of_cores)
	[ "$inside" -gt 0 ] && [ "$outside" = "$inside" ]
	point $? "$file: QEMU saw $outside exits, the monitors counted $inside"
	[ "$(grep -o 'vmrun!' "$scratch/exits" | wc -l)" = $((outside + $(awk '/^core\.[0-9]+\.launches / { n += $2 } END { print n + 0 }' "$scratch/facts"))) ]
	point $? "$file: each core entered its guest once per launch and once after each exit"
}

compare systems/two-quest.yaml --for 8
compare systems/demo.yaml --for 50
plan
