#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# The demo on QEMU, as a user runs it: two Quest sandboxes and stock Debian Linux, its shell, `stat`, the exit status.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

export QUEST_RUN_DIR=$scratch/machine
(
	echo 'echo sum-$((40 + 2))'
	echo 'uname -r'
	sleep 100
) | ./quest run --for 60 --log "$scratch/log" >"$out" 2>&1 &
runner=$!
for _ in $(seq 110); do
	grep -q '^desktop | sum-42' "$scratch/log" 2>/dev/null && break
	sleep 1
done
./quest stat >"$scratch/stat" 2>&1
point $? "stat answers while the machine runs"
grep -q '^desktop .*running' "$scratch/stat" && grep -q 'exits by reason' "$scratch/stat"
point $? "stat shows every sandbox's cores and exits"
./quest run >"$scratch/second" 2>&1 </dev/null
[ $? = 1 ] && grep -q 'already runs' "$scratch/second"
point $? "a second machine in the same folder is refused"
wait $runner
point $? "exit status 0: all sandboxes ready, none faulted"
for name in control sensor; do
	grep -q "^$name *| ready" "$scratch/log"
	point $? "$name reports ready on its console"
done
grep -q '^desktop | sum-42' "$scratch/log"
point $? "the Linux shell does what is typed"
grep -q '^desktop | .*-cloud-amd64' "$scratch/log"
point $? "it is Debian's own kernel"
! grep -q "$(printf '\033')" "$scratch/log"
point $? "the log has no terminal sequences"
grep -E '^(control|sensor|desktop) +[0-9]+  running' "$out" | awk '{ n++; bad += $6 != 0 } END { exit !(n == 3 && !bad) }'
point $? "no exit on any core after ready"
grep -E '^desktop +[0-9]+  running' "$out" | awk '{ exit !($5 <= 150) }'
point $? "Linux' boot takes at most 150 exits"
[ ! -e "$scratch/machine/snapshot" ]
point $? "nothing is left behind in the run folder"
plan
