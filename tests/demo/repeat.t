#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 280
# Quest sandboxes on Bochs (VT-x): they run without an exit, and two runs are the same to the tick and to the byte.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
${QUESTC:-build/questc} pack systems/two-quest.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"

# What happened up to ready; what counts on afterwards depends on when the run was ended.
facts_until_ready() { grep -E '^(launch_tsc|tsc_hz|core\..*\.(ready_tsc|exits|exit\..*|stolen_cycles|worst_cycles|launches) )' "$scratch/facts"; }
for run in 1 2; do
	boot_bochs "$scratch/blob" --undisturbed $((35 + 4 * run))
	point $? "run $run: both sandboxes are ready, none faulted"
	cp "$scratch/log" "$scratch/log.$run"
	facts_until_ready >"$scratch/facts.$run"
done
is core.0.after_ready -eq 0 "no exit after ready on core 0"
is core.1.after_ready -eq 0 "no exit after ready on core 1"
is core.2.after_ready -eq 0 "no exit after ready on core 2"
is sandbox.control.word.0 -gt 1000 "it did run: more than 1,000 timer ticks"
[ "$(grep -c '| ready' "$scratch/log.1")" = 2 ] && cmp "$scratch/log.1" "$scratch/log.2" >"$out" 2>&1
point $? "all consoles are the same to the byte"
[ -s "$scratch/facts.1" ] && diff "$scratch/facts.1" "$scratch/facts.2" >"$out"
point $? "launch, ready and every exit happened at the same tick"
plan
