#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file of tests/system/bad is refused with exactly the message of its .expect, status 1 and no output. FILE in an
# .expect stands for the file's own path. Files that are too large or too odd to keep are made here.
set -u
cd "$(dirname "$0")/../.." || exit 1
questc=build/san/questc # with the sanitizers, whose findings have a status of their own
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
export LSAN_OPTIONS=exitcode=99,suppressions=tests/system/lsan.supp,print_suppressions=0
images=build/tests/images
work=build/tests/bad
export QUEST_BUILD=$images QUEST_LINUX_IMAGE=$images/vmlinuz QUEST_LINUX_INITRD=$images/initrd.gz
n=0

make -s $questc build/tests/fixture >&2 && build/tests/fixture $images && mkdir -p $work || { echo "1..0 # cannot prepare"; exit 1; }

# What libfyaml calls a mistake differs between its versions; only our part of such a line is compared.
own_text() { sed 's/\(not valid YAML\): .*;/\1;/'; }

refused() { # NAME FILE EXPECTED-FILE
	n=$((n + 1))
	rm -f $work/out.blob
	timeout 10 $questc pack "$2" -o $work/out.blob >$work/stdout 2>$work/stderr
	status=$?
	sed "s|^$2|FILE|" $work/stderr | own_text >$work/seen
	own_text <"$3" >$work/wanted
	if [ $status = 1 ] && [ ! -e $work/out.blob ] && [ ! -s $work/stdout ] && cmp -s $work/seen $work/wanted; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1: status $status, expected 1 and the text of $3"
		head -c 2000 $work/seen | sed 's/^/# /'
	fi
}

expect() { printf '%s\n' "$1" >$work/expect; }

for file in tests/system/bad/*.yaml; do
	name=$(basename "$file" .yaml)
	refused "$name" "$file" "tests/system/bad/$name.expect"
done

head -c 10000000 /dev/zero | tr '\0' '#' >$work/large.yaml
expect 'FILE: error: the file is larger than 1 MiB; a system file is a page or two'
refused "10 MB file" $work/large.yaml $work/expect

awk 'BEGIN { print "system: s"; print "sandboxes:"; for (i = 0; i < 60000; i++) print "- a" }' >$work/many.yaml
expect 'FILE:19998:3: error: the file has more than 20000 values; a system file needs far fewer'
refused "60000 values" $work/many.yaml $work/expect

rm -f $work/none.yaml
expect "FILE: error: cannot read $work/none.yaml: No such file or directory; check the path"
refused "no such file" $work/none.yaml $work/expect

mkdir -p $work/folder.yaml
expect "FILE: error: cannot read $work/folder.yaml: Is a directory; check the path"
refused "a folder" $work/folder.yaml $work/expect

rm -f $work/pipe.yaml && mkfifo $work/pipe.yaml
expect "FILE: error: cannot read $work/pipe.yaml: it is no ordinary file; check the path"
refused "a pipe does not hang the compiler" $work/pipe.yaml $work/expect
echo "1..$n"
