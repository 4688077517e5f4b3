#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzz each lib/fuzz_*.c target: fuzz.t [SECONDS]. A finding leaves its input in build/fuzz/NAME.artifacts/.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-$([ "${QUEST_LONG:-0}" = 1 ] && echo 300 || echo 30)}
names=$(ls lib/fuzz_*.c | sed 's|lib/fuzz_\(.*\)\.c|\1|')

echo "1..$(echo "$names" | wc -l)"
n=0
for name in $names; do
	n=$((n + 1))
	dir=build/fuzz/$name
	mkdir -p "$dir.corpus" "$dir.artifacts"
	log=$dir.log
	if make -s "build/fuzz/lib-$name" > "$log" 2>&1 &&
		timeout $((seconds + 120)) "build/fuzz/lib-$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
			-artifact_prefix="$dir.artifacts/" "$dir.corpus" >> "$log" 2>&1; then
		echo "ok $n - lib-$name: $(grep '^Done' "$log")"
	else
		echo "not ok $n - lib-$name: see $log"
		tail -20 "$log" | sed 's/^/# /'
	fi
done
