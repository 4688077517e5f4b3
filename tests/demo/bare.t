#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 120
# The same Quest ELF without monitor and virtualisation.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
QUEST_RUN_DIR=$scratch/machine ./quest run --bare --for 4 --log "$scratch/log" >"$out" 2>&1 </dev/null
point $? "run --bare ends with status 0"
grep -q '| Quest control: .*bare$' "$scratch/log"
point $? "the kernel knows that it is bare"
grep -q '(bare)' "$out"
point $? "the report says that there is no monitor"
plan
