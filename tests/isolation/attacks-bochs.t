#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# VT-x: every attack ends as it must, and each tick of the witness comes at exactly the time of a run without attacker.
. "$(dirname "$0")/common.sh"

run_timed() { # NAME ATTACK
	make_system tests/isolation/attack.yaml "$1" "ATTACK=$2" "WITNESS=ticks=3000 period-us=6000 mode=spin" || return
	run_system bochs "$1" --until "witness|done" --wall 300
}

run_timed calm idle &
run_timed storm full
wait

relay storm attacker
relay storm witness
grep -q 'attacks done' "$dir/storm.attacker.lines"
point $? "the attacks were over before the witness was" "$(tail -n 2 "$dir/storm.attacker.lines")"
stamps calm 3000 >"$dir/calm.stamps"
stamps storm 3000 >"$dir/storm.stamps"
[ "$(sort -u "$dir/calm.stamps" | wc -l)" = 3000 ]
point $? "the undisturbed run has 3000 ticks"
differ=$(paste "$dir/calm.stamps" "$dir/storm.stamps" | awk '$1 != $2' | wc -l)
[ "$differ" = 0 ]
point $? "all 3000 ticks come at the time of the undisturbed run, to the simulated tick" \
	"$differ differ; the first: $(paste "$dir/calm.stamps" "$dir/storm.stamps" | awk '$1 != $2 { print NR ": " $0; exit }')"
plan
