#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# Debian's busybox in a Quest sandbox: a long script prints there what it prints on Linux.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

sed "s|@SCRIPT@|$PWD/tests/program/busybox.sh|; s|@RUN@|run=/bin/busybox,sh,/bin/busybox.sh,/play|; /devices:/d" \
	tests/program/busybox.yaml >"$scratch/system.yaml"
build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"
# Through a pipe: whoever opens /dev/stdout would cut a file off.
timeout 60 busybox sh tests/program/busybox.sh "$scratch/play" 2>&1 </dev/null | cat >"$scratch/host"
boot "$scratch/blob" --until "quest|part end" --wall 240
point $? "the script runs to its end"
sed -n 's/^ *quest *| //p' "$scratch/log" | sed -n '/^part links/,$p' | grep -v '^system call ' >"$scratch/quest"

part() { # FILE NAME
	sed -n "/^part $2\$/,/^part /p" "$1" | sed '1d; $d'
}
# The names are the script's own: a run that printed nothing has no part that is the same.
sed -n 's/^part //p' tests/program/busybox.sh | tr -d '"' | grep -vx end >"$scratch/parts"
while read -r name; do
	diff <(part "$scratch/host" "$name") <(part "$scratch/quest" "$name") >"$out" && grep -qx "part $name" "$scratch/host"
	point $? "$name: as on Linux, $(part "$scratch/host" "$name" | wc -l) lines"
done <"$scratch/parts"
[ -s "$scratch/parts" ] && grep -qx 'part end' "$scratch/host"
point $? "and Linux ran all $(wc -l <"$scratch/parts") parts"
is core.0.after_ready = 0 "no exit after ready"
plan
