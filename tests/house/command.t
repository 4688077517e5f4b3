#!/bin/bash
# SPDX-License-Identifier: MIT
# ./quest answers wrong use with a clear message and status 2, and help with status 0, without building anything;
# only what is wrong with a system file needs the compiler.
set -u
cd "$(dirname "$0")/../.." || exit 1
n=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$out"; fi
}
misuse() { # EXPECTED_TEXT ARGUMENTS...
	local text=$1
	shift
	./quest "$@" >"$out" 2>&1
	[ $? = 2 ] && grep -qF -- "$text" "$out"
	point $? "quest $* is refused"
}
refused() { # EXPECTED_TEXT ARGUMENTS...
	local text=$1
	shift
	./quest "$@" >"$out" 2>&1 </dev/null
	[ $? = 1 ] && grep -qF -- "$text" "$out"
	point $? "quest $* is refused: $text"
}
helps() { # EXPECTED_TEXT ARGUMENTS...
	local text=$1
	shift
	./quest "$@" >"$out" 2>&1 && grep -qF -- "$text" "$out"
	point $? "quest $* helps"
}

misuse "no command 'frobnicate'" frobnicate
misuse "unknown option --fast" run --fast
misuse "--on is qemu or bochs, not 'xen'" run --on xen
misuse "--on needs a value" run --on
misuse "needs a number of seconds, not 'soon'" run --for soon
misuse "needs a number of seconds, not '-1'" run --for -1
misuse "needs a number of seconds, not '1e3'" run --for 1e3
misuse "needs more than 0 seconds" run --for 0
misuse "needs more than 0 seconds" run --for 0.00
misuse "the name of the system file is empty" run ""
misuse "the name of the system file is empty" check ""
misuse "--log needs the name of a file" run --log ""
misuse "-o needs the name of a file" image -o ""
misuse "one system file at a time" run a.yaml b.yaml
misuse "one system file at a time" check a.yaml b.yaml
misuse "--icount is for QEMU" run --on bochs --icount
misuse "which system file?" check
misuse "unknown option --xml" check --xml
misuse "-o X.iso" image
misuse "no options" stat now
misuse "takes options only" trace now
misuse "needs a value" trace --svg
misuse "number of milliseconds" trace --last soon
misuse "more than 0" trace --last 0
misuse "from 1 up" trace --marked=0
misuse "from 1 up" trace --marked=4294967296
misuse "unknown option --everything" clean --everything
misuse "one option at a time" clean --all extra
misuse "unknown option --jsn" bench --jsn
misuse "not 'exit'" bench exit
misuse "unknown option --lists" test --lists
misuse "no test's name contains 'no-such-test'" test no-such-test
misuse "there is no command 'nothing'" help nothing
helps "./quest run [FILE]" help
helps "--icount" help run
helps "--list" test --help
helps "--all" help clean
for c in run check image stat trace test bench clean; do helps "./quest $c" help $c; done

# Places that cannot be used are refused before anything is built.
folder=$(mktemp -d)
trap 'rm -rf "$out" "$folder"' EXIT
touch "$folder/file"
mkdir "$folder/running"
refused "there is no folder $folder/none" run --log "$folder/none/log"
refused "that is a folder" run --log "$folder"
refused "there is no folder $folder/none" image -o "$folder/none/x.iso"
refused "that is a folder" image -o "$folder"
QUEST_RUN_DIR=$folder/file refused "cannot make the folder" run
QUEST_RUN_DIR=$folder/file/run refused "cannot make the folder" run
exec 9>"$folder/running/lock"
flock 9
QUEST_RUN_DIR=$folder/running refused "a machine already runs in $folder/running" run
[ "$(ls "$folder/running")" = lock ]; point $? "and the files of the running machine are left alone"
exec 9>&-

# --bare takes the first Quest sandbox; without one, or with a bad file, nothing is started and nothing is said twice.
printf 'system: only\nsandboxes:\n  desktop:\n    kernel: linux\n    cores: 1\n    memory: 128 MiB\n' >"$folder/linux.yaml"
printf 'system: bad\nsandbox: 1\n' >"$folder/bad.yaml"
QUEST_RUN_DIR=$folder/run refused "$folder/linux.yaml: no sandbox has \`kernel: quest\`" run --bare --for 1 "$folder/linux.yaml"
QUEST_RUN_DIR=$folder/run refused "$folder/bad.yaml:2:1: error: " run --bare --for 1 "$folder/bad.yaml"
[ "$(grep -c "$folder/bad.yaml:2:1: error: " "$out")" = 1 ]; point $? "and the mistake is named once"
[ ! -e "$folder/run/system.blob" ]; point $? "and no machine was started"

./quest stat >"$out" 2>&1
[ $? = 1 ] && grep -q 'no machine is running here' "$out"; point $? "stat without a machine says so"
echo "1..$n"
