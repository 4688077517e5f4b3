#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 280
# Quest sandboxes on Bochs (VT-x): they run without an exit, and two runs are the same: every console byte, every counter,
# every tick, all that the sandboxes left in the black box.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
${QUESTC:-build/questc} pack systems/two-quest.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"

for run in 1 2; do
	mkdir "$scratch/dump.$run"
	boot_bochs "$scratch/blob" --for 20 --dump "$scratch/dump.$run"
	point $? "run $run: both sandboxes are ready, none faulted"
	cp "$scratch/log" "$scratch/log.$run"
	grep -v 'ready_wall' "$scratch/facts" >"$scratch/facts.$run"
done
is core.0.after_ready -eq 0 "no exit after ready on core 0"
is core.1.after_ready -eq 0 "no exit after ready on core 1"
is core.2.after_ready -eq 0 "no exit after ready on core 2"
is sandbox.control.word.0 -gt 1000 "it did run: more than 1,000 timer ticks"
[ "$(grep -c '| ready' "$scratch/log.1")" = 2 ] && cmp "$scratch/log.1" "$scratch/log.2" >"$out" 2>&1
point $? "all consoles are the same to the byte"
diff "$scratch/facts.1" "$scratch/facts.2" >"$out"
point $? "every counter and time is the same"
[ -s "$scratch/dump.1/control.slice" ] && diff -r "$scratch/dump.1" "$scratch/dump.2" >"$out"
point $? "all that the sandboxes wrote into the black box is the same"
plan
