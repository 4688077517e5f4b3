#!/bin/bash
# SPDX-License-Identifier: MIT
# The documents: links lead somewhere, every room has a page, the commands that README and help name exist.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
for page in README.md docs/*.md; do
	grep -oE '\]\([^)#]+' "$page" | cut -c3- | grep -v '://' | while read -r target; do
		[ -e "$(dirname "$page")/$target" ] || echo "$page: $target is not there"
	done
done >"$out"
[ ! -s "$out" ]
point $? "every link leads to a file"
sed 's/#.*//; /:/!d; s/ *:.*//' mk/rooms.txt | cut -d/ -f1 | sort -u | while read -r room; do
	grep -q "\`$room/" docs/house.md || echo "docs/house.md has no page for $room/"
done >"$out"
[ ! -s "$out" ]
point $? "every room has a page"
for command in run check image stat trace test bench clean; do
	./quest help $command | head -n 1 | grep -q "^./quest $command" || echo "no help for $command"
	grep -q "$command" README.md || echo "README does not name $command"
done >"$out" 2>&1
[ ! -s "$out" ]
point $? "README and help name every command"
plan
