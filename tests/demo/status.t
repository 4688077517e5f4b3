#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# Every way a run can end: exit status, message, time. Quest sandboxes on QEMU; no Linux, so that it is quick.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
questc=${QUESTC:-build/questc}
$questc pack systems/two-quest.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"

boot "$scratch/blob" --until-ready --wall 60
point $? "ready: status 0"
boot "$scratch/blob" --for 10
point $? "--for 10: status 0"
awk '$1 == "seconds" { exit !($2 >= 10 && $2 < 15) }' "$scratch/facts"
point $? "it ran for ten machine seconds"
boot "$scratch/blob" --until 'no such line' --for 2
[ $? = 1 ] && grep -q 'no line contained' "$out"
point $? "a line that was waited for did not come: status 1"
boot "$scratch/blob" --cores 1 --for 20
[ $? = 1 ] && grep -q 'cores, this machine has 1' "$scratch/log" && grep -q 'refused this system' "$out"
point $? "a refusal of boot code is shown and ends the run with status 1"
boot "$scratch/blob" --emulator /nonexistent/qemu --for 5
[ $? = 1 ] && grep -q 'ended by itself, status 127' "$out"
point $? "an emulator that is not there"
boot "$scratch/blob" --emulator-arg -no-such-option --for 5
[ $? = 1 ] && grep -q 'ended by itself.*no-such-option' "$out"
point $? "an emulator that does not start says why"
boot "$scratch/blob" --kernel /dev/null --for 5
[ $? = 1 ] && grep -q 'ended by itself' "$out"
point $? "a boot image that is none"
boot "$scratch/blob" --wall 2
[ $? = 1 ] && grep -q 'not done after' "$out"
point $? "a limit of host time ends the run"
head -c 5000 "$scratch/blob" >"$scratch/short"
boot "$scratch/short" --for 5
[ $? = 1 ] && grep -q 'not a usable system: .*; ' "$out"
point $? "a truncated blob is refused before anything starts"
boot "$scratch/blob" --icount --until-ready --wall 100
point $? "--icount: status 0"
"${QUEST_RUNNER:-build/quest-run}" --blob "$scratch/blob" --directory "$scratch/closed" --until-ready --wall 100 \
	--log "$scratch/log" --emulator "${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}" <&- >&- 2>&-
[ $? = 0 ] && [ "$(grep -c '| ready' "$scratch/log")" = 2 ]
point $? "closed standard streams: status 0, and nothing lands in other files"
"${QUEST_RUNNER:-build/quest-run}" --blob "$scratch/blob" --directory "$scratch/killed" \
	--emulator "${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}" >"$out" 2>&1 </dev/null &
pid=$!
for _ in $(seq 40); do [ "$(grep -c '| ready' "$out")" = 2 ] && break; sleep 1; done
sleep 1
child=$(cat /proc/$pid/task/$pid/children)
kill -TERM $pid
wait $pid
[ $? = 0 ] && [ -n "$child" ] && ! kill -0 $child 2>/dev/null
point $? "SIGTERM ends machine and emulator in order"
echo "$scratch/blob" >"$scratch/pattern" # not on grep's own command line
! grep -qsF -f "$scratch/pattern" /proc/[0-9]*/cmdline
point $? "no emulator is left"
plan
