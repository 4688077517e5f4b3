#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 200
# A low VCPU holds a lock, a hog between never stops, a high one waits: a few milliseconds with priority inheritance, also
# through two locks; many without. Then the scheduling policies of Linux. Instructions are counted: all runs are the same.
set -u
. "$(dirname "$0")/common.sh"

build/questc pack tests/program/inversion.yaml -o "$scratch/blob" >"$out" 2>&1
boot "$scratch/blob" --icount --until "quest|suite over" --wall 150
point $? "the programs come to their end"
waited() { sed -n "s/^quest *| $1 waited \([0-9]*\) us/\1/p" "$scratch/log"; }
for scene in inherit chain plain; do
	echo "# $scene: the high thread waited $(waited $scene) us"
done
[ "$(waited inherit)" -le 3000 ] 2>"$out"
point $? "with inheritance it waits for the rest of the critical section"
[ "$(waited chain)" -le 3000 ] 2>"$out"
point $? "so it does behind one who waits for another lock"
[ "$(waited plain)" -ge 20000 ] 2>"$out"
point $? "without inheritance it waits for the hog"
grep -a 'quest *| WRONG' "$scratch/log" >"$out"
[ ! -s "$out" ] && [ "$(grep -ac 'quest *| right' "$scratch/log")" -ge 34 ]
point $? "policies are remembered; SCHED_DEADLINE is a VCPU if admitted ($(grep -ac 'quest *| right' "$scratch/log") lines)"
is core.0.after_ready = 0 "no exit after ready"
plan
