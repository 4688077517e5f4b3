#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 280
# Bochs stops at a VM exit of any processor: it finds one while the sandboxes start, and none after they are ready.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
${QUESTC:-build/questc} pack systems/two-quest.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"
boot_bochs "$scratch/blob" --watch-exits always --wall 120
[ $? = 1 ] && grep -q 'a processor left its guest' "$out"
point $? "the breakpoint works: an exit during the start is found"
boot_bochs "$scratch/blob" --watch-exits after-ready --for 22
point $? "no exit on any core after ready"
awk '/^sandbox\.control\.word\.0 / { exit !($2 > 500) }' "$scratch/facts"
point $? "the sandboxes ran on meanwhile: more than 500 timer ticks"
plan
