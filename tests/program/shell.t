#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 400
# Debian's busybox as an interactive shell on a sandbox's console: what is typed is answered as on a terminal of Linux.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
. tests/program/shell.sh

# Answers only: the lines with prompts show how a line was edited, which screens tell in different ways.
answers() { sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\r//g' | sed -n '/^.*quest# echo hello/,$p' | grep -v 'quest# ' | grep -v '^> '; }

# Where the host has a prompt of its own in the way: nothing of it may be found.
mkdir -p "$scratch/home" "$scratch/bin"
/bin/busybox --install -s "$scratch/bin"
begin "$scratch/host" "cd $scratch/home && exec env -i --default-signal=INT,QUIT PATH=$scratch/bin TERM=linux PS1='quest# ' busybox sh"
common_steps
finish 'exit\r'
answers <"$scratch/host/screen" | sed '/^last$/q' >"$scratch/expected"

build/questc pack tests/program/shell.yaml -o "$scratch/blob" >"$out" 2>&1
begin "$scratch/quest" "build/quest-run --blob $scratch/blob --directory $scratch/run --log $scratch/log --facts \
	$scratch/facts --emulator ${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}"
ask 'busybox --install -s /bin; mkdir home; cd home'
point $? "a prompt comes up and a command is taken"
common_steps
ask 'busybox ps'
ask 'top -b -n 1 | head -n 5'
type_line "echo be""gin4; top" && await shown begin4 && await lines 2 'Load average' && keys q
prompt
point $? "top shows its picture until q is typed"
ask 'cat /proc/meminfo /proc/stat /proc/loadavg'
ask 'tty; stty -a | grep -o "[-]*icanon"'
finish '\001x'
sed -n 's/^quest | //p' "$scratch/log" >"$scratch/quest/lines"

answers <"$scratch/quest/lines" | sed '/^last$/q' >"$scratch/seen"
diff "$scratch/expected" "$scratch/seen" >"$out"
point $? "editing, history, completion, pipes, jobs, signals: as on Linux, $(wc -l <"$scratch/expected") lines"
grep -q 'quest# echo edited$' "$scratch/quest/lines" && grep -q 'quest# echo one two four$' "$scratch/quest/lines"
point $? "a line is shown as it was edited"
for want in '^ *1 0 .*busybox sh$' '^Mem: .*K used' '^MemTotal: ' '^cpu  [0-9]' '^/dev/console$' '^-*icanon$'; do
	grep -q -- "$want" "$scratch/quest/lines" || echo "no line $want"
done >"$out"
[ ! -s "$out" ]
point $? "ps, top, /proc and stty tell of this system"
[ "$(grep -c 'core 0 up' "$scratch/log")" = 1 ] && [ "$(grep -c '| ready$' "$scratch/log")" = 1 ]
point $? "lines of the kernel are shown once, though they are in the black box and on the serial port"
is core.0.after_ready = 0 "no exit after ready"
plan
