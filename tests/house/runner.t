#!/bin/bash
# SPDX-License-Identifier: MIT
# The test runner itself: does it notice every way a test can fail? Works on a copy of the runner with made-up tests.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
mkdir -p "$d/tests/fake" "$d/build"
cp "$top/tests/run" "$d/tests/run"
printf 'images host-tools units:\n' >"$d/Makefile"
n=0
point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$d/out"; fi
}
fake() { # BODY: the only test
	printf '#!/bin/sh\n%s\n' "$1" >"$d/tests/fake/x.t"
	chmod +x "$d/tests/fake/x.t"
	(cd "$d" && tests/run >"$d/out" 2>&1)
}
last() { tail -n 1 "$d/out"; }

fake 'echo 1..2; echo ok 1; echo ok 2'
[ $? = 0 ] && [ "$(last)" = "2 passed, 0 failed" ]; point $? "good points are counted"
fake 'echo 1..2; echo ok 1; echo not ok 2'
[ $? = 1 ] && [ "$(last)" = "1 passed, 1 failed" ]; point $? "a bad point fails the run"
fake 'echo ok 1'
[ $? = 1 ] && [ "$(last)" = "1 passed, 1 failed" ]; point $? "a missing plan is a failure"
fake 'echo 1..3; echo ok 1'
[ $? = 1 ] && grep -q 'planned 3 points, made 1' "$d/out"; point $? "a missing point is a failure"
fake 'echo 1..1; echo ok 1; exit 3'
[ $? = 1 ] && grep -q 'exit status 3' "$d/out"; point $? "a bad exit status is a failure"
fake '# timeout: 1
echo 1..1; echo ok 1; sleep 20'
[ $? = 1 ] && grep -q 'longer than 1 s' "$d/out"; point $? "a test that hangs is ended and has failed"
fake 'echo 1..1; echo "ok 1 # SKIP not here"'
[ $? = 1 ] && [ "$(last)" = "0 passed, 0 failed" ]; point $? "a run in which nothing ran is not a success"
(cd "$d" && tests/run no-such-test >"$d/out" 2>&1)
[ $? = 2 ]; point $? "an unknown name is wrong use"
echo "1..$n"
