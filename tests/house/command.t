#!/bin/bash
# SPDX-License-Identifier: MIT
# ./quest answers wrong use with a clear message and status 2, and help with status 0, without building anything.
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
misuse "one system file at a time" run a.yaml b.yaml
misuse "--icount is for QEMU" run --on bochs --icount
misuse "which system file?" check
misuse "unknown option --xml" check --xml
misuse "-o X.iso" image
misuse "no options" stat now
misuse "unknown option --everything" clean --everything
misuse "no test's name contains 'no-such-test'" test no-such-test
misuse "there is no command 'nothing'" help nothing
helps "./quest run [FILE]" help
helps "--icount" help run
helps "--list" test --help
helps "--all" help clean
for c in run check image stat test bench clean; do helps "./quest $c" help $c; done
./quest stat >"$out" 2>&1
[ $? = 1 ] && grep -q 'no machine is running here' "$out"; point $? "stat without a machine says so"
echo "1..$n"
