#!/bin/sh
# SPDX-License-Identifier: MIT
# Good system files compile, twice to the same bytes, and their report has every line of their .expect. The examples in
# systems/ must compile too. Also: the reference in docs/ is the compiler's own table of keys, and wrong calls give status 2.
set -u
cd "$(dirname "$0")/../.." || exit 1
questc=build/san/questc # with the sanitizers, whose findings have a status of their own
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
export LSAN_OPTIONS=exitcode=99,suppressions=tests/system/lsan.supp,print_suppressions=0
images=build/tests/images
work=build/tests/good
export QUEST_BUILD=$images QUEST_LINUX_IMAGE=$images/vmlinuz QUEST_LINUX_INITRD=$images/initrd.gz
n=0

make -s $questc build/tests/fixture >&2 && build/tests/fixture $images && mkdir -p $work || { echo "1..0 # cannot prepare"; exit 1; }

point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' $work/log; fi
}

compiles() { # FILE [OPTIONS]: a report, valid JSON and twice the same blob
	file=$1 && shift
	rm -f $work/1.blob $work/2.blob
	$questc check "$file" "$@" >$work/report 2>$work/log && $questc check "$file" --json "$@" >$work/json 2>>$work/log &&
		$questc pack "$file" -o $work/1.blob "$@" >>$work/log 2>&1 &&
		$questc pack "$file" -o $work/2.blob "$@" >>$work/log 2>&1 && [ ! -s $work/log ] && cmp $work/1.blob $work/2.blob >$work/log
}

says() { # EXPECT: each of its lines stands in the report
	: >$work/log
	while IFS= read -r line; do
		grep -qxF -e "$line" $work/report || echo "missing line: $line" >>$work/log
	done <"$1"
	[ ! -s $work/log ]
}

for file in tests/system/good/*.yaml; do
	name=$(basename "$file" .yaml)
	compiles "$file"; point $? "$name compiles"
	says "tests/system/good/$name.expect"; point $? "$name: report"
done
for file in systems/*.yaml; do
	compiles "$file"; point $? "$(basename "$file") compiles"
done
compiles systems/demo.yaml --bare control; point $? "demo.yaml, control bare"
grep -q '"bare": true' $work/json; point $? "the report says bare"

# JSON is checked by a real parser: JSON is YAML, and the fixture system is read back with the compiler's own library.
json_balanced() { awk '{ for (i = 1; i <= length($0); i++) { c = substr($0, i, 1)
	if (quoted) { if (c == "\\") i++; else if (c == "\"") quoted = 0 } else if (c == "\"") quoted = 1
	else if (c ~ /[[{]/) stack = stack c; else if (c ~ /[]}]/) { o = substr(stack, length(stack)); stack = substr(stack, 1, length(stack) - 1)
	if (o != (c == "}" ? "{" : "[")) exit 1 } } } END { exit stack != "" || quoted }' "$1"; }
$questc check tests/system/good/everything.yaml --json >$work/json 2>$work/log && json_balanced $work/json
point $? "JSON is balanced where text has quotes"

# The programs' archive, found in the blob by its magic, is what a real cpio reads.
$questc pack tests/system/good/programs.yaml -o $work/programs.blob 2>$work/log
at=$(grep -abo 070701 $work/programs.blob | head -n 1 | cut -d: -f1)
rm -rf $work/root && mkdir -p $work/root
(tail -c "+$((at + 1))" $work/programs.blob | (cd $work/root && busybox cpio -i)) 2>$work/log
cmp $work/root/bin/hello $images/hello >>$work/log && [ -x $work/root/bin/hello ] && [ ! -e $work/root/TRAILER!!! ]
point $? "programs are packed as an executable /bin/NAME"
diff -r tests/system/machines $work/root/machines >$work/log 2>&1 && cmp LICENSE $work/root/LICENSE && [ ! -x $work/root/LICENSE ]
point $? "files and folders are packed as /NAME"

$questc keys >$work/keys 2>$work/log
awk '/<!-- keys: begin -->/ { on = 1; next } /<!-- keys: end -->/ { on = 0 } on' docs/system-file.md >$work/documented
diff $work/documented $work/keys >$work/log; point $? "docs/system-file.md has the compiler's table of keys"

wrong() { # NAME ARGUMENTS...
	name=$1 && shift
	$questc "$@" >$work/log 2>&1; [ $? = 2 ] && grep -q '^questc: error: ' $work/log && grep -q '^usage:' $work/log; point $? "$name"
}
wrong "no command"
wrong "unknown command" compile x.yaml
wrong "no file" check
wrong "two files" check a.yaml b.yaml
wrong "unknown option" check a.yaml --fast
wrong "pack without -o" pack systems/demo.yaml
wrong "check with -o" check systems/demo.yaml -o x.blob
wrong "-o without a value" pack systems/demo.yaml -o

$questc pack systems/demo.yaml -o $work/no-such-folder/x.blob >$work/log 2>&1
[ $? = 2 ] && grep -q 'cannot write' $work/log; point $? "an output that cannot be written"
$questc check systems/demo.yaml >/dev/full 2>$work/log
[ $? = 2 ] && grep -q 'cannot write the report' $work/log; point $? "a report that cannot be written"

bare_refused() { # FILE SANDBOX TEXT
	$questc check "$1" --bare "$2" >$work/log 2>&1; [ $? = 1 ] && grep -qF "$3" $work/log; point $? "bare: $3"
}
bare_refused systems/demo.yaml desktop 'runs Linux; only a quest sandbox can run bare'
bare_refused systems/demo.yaml nobody 'there is no sandbox `nobody` to run bare'
bare_refused tests/system/good/everything.yaml control 'remove `at` to run this sandbox bare'
echo "1..$n"
