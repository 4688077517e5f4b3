#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 120
# On a terminal: names in colour, Ctrl-A X ends the run, the terminal is as it was afterwards.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
export QUEST_RUN_DIR=$scratch/machine
cat >"$scratch/session" <<'S'
stty -a >"$1/before"
./quest run systems/two-quest.yaml
echo "status $?"
stty -a >"$1/after"
S
(
	for _ in $(seq 60); do
		[ "$(grep -c '| ready\|m ready' "$out")" -ge 2 ] && break
		sleep 1
	done
	sleep 1
	printf '\001x'
	sleep 3
) | script -qfec "sh $scratch/session $scratch" "$out" >/dev/null 2>&1
grep -q 'status 0' "$out"
point $? "Ctrl-A X ends the run with status 0"
grep -q "$(printf '\033\[36mcontrol')" "$out"
point $? "names are in colour"
[ -s "$scratch/before" ] && cmp "$scratch/before" "$scratch/after"
point $? "the terminal is as it was"
plan
