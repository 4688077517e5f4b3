#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 400
# timeout-long: 2400
# Random system calls from ring 3: 100,000, with QUEST_LONG 1,000,000. Memory comes back, a process and a sandbox beside them
# notice nothing, a test program still answers as on Linux, nothing exits. And calls that do not exist are counted.
set -u
. "$(dirname "$0")/common.sh"

calls=100000 limit=380 seed=${FUZZ_SEED:-1}
[ -z "${QUEST_LONG:-}" ] || calls=1000000 limit=2300
sed "s|@SCRIPT@|$PWD/tests/program/fuzz.sh|; s|@CALLS@|$calls|; s|@SEED@|$seed|; s|build/|$PWD/build/|g" \
	tests/program/fuzz.yaml >"$scratch/system.yaml"
build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"
boot "$scratch/blob" --until "quest|suite over" --wall $limit
point $? "the run comes to its end"
said() { sed -n "s/^quest *| $1/\1/p" "$scratch/log" | tail -n 1; }
grep -a '^quest *| \(fuzz\|memory\): ' "$scratch/log" | sed 's/^quest *|/#/'
[ "$(said 'fuzz: seed [0-9]*: \([0-9]*\) calls.*')" -ge $calls ] 2>"$out"
point $? "at least $calls calls were made"
grep -a '^quest *| \(unknown\|witness\): ' "$scratch/log" >"$out"
grep -q 'unknown: 1 1$' "$out"
point $? "/proc/unknown counts calls that do not exist, by number"
grep -q 'witness: unharmed$' "$out"
point $? "the process beside them is unharmed"
lost=$(($(said 'memory: \([0-9]*\) KiB free.*') - $(said 'memory: .* before, \([0-9]*\) KiB after')))
echo "# $lost KiB less" | tee "$out"
[ "$lost" -le 256 ]
point $? "memory is free again, but for 256 KiB of caches at most"
expected files >"$scratch/expected"
observed files >"$scratch/observed"
diff "$scratch/expected" "$scratch/observed" >"$out"
point $? "files answers as Linux does"
grep exit_after_ready "$scratch/facts" >"$out"
is core.0.faults = 0 "no fault"
# Whoever jumps anywhere may set the trap flag, and an endless #DB must not hold a core: AMD-V's monitor takes each one.
traps=$(fact core.0.exit_after_ready.debug-trap)
is core.0.after_ready = "$((${traps#-} + 0))" "no exit after ready but for single steps"
is core.1.faults = 0 "none beside it"
is core.1.after_ready = 0 "no exit there"
is sandbox.witness.word.0 -gt 1000 "the sandbox beside it ticked on"
plan
