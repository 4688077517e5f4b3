#!/bin/bash
# SPDX-License-Identifier: MIT
# The house rules hold (docs/house.md): one point per checker.
set -u
cd "$(dirname "$0")/../.." || exit 1
n=0
for check in mk/check-*; do
	n=$((n + 1))
	if text=$("$check" 2>&1); then echo "ok $n - $check"; else echo "not ok $n - $check"; echo "$text" | sed 's/^/# /'; fi
done
echo "1..$n"
