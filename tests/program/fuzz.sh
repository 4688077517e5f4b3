#!/bin/sh
# SPDX-License-Identifier: MIT
# Arguments: how many random calls, with which seed. Memory must come back; the kernel must still run a test program.
free_kib() { awk '/^MemFree/ { print $2 }' /proc/meminfo; }
mkdir /play && cd /play || exit 1
/bin/fuzzers call 448; /bin/fuzzers call 448; /bin/fuzzers call 5000
echo "unknown: $(grep -c '^448 2$' /proc/unknown) $(grep -c '^5000 1$' /proc/unknown)"
/bin/fuzzers witness & witness=$!
/bin/fuzzers run 6000 99 $witness # what caches take the first time
before=$(free_kib)
/bin/fuzzers run "$1" "$2" $witness
after=$(free_kib)
echo
echo "memory: $before KiB free before, $after KiB after"
kill -TERM $witness; wait $witness && echo "witness: unharmed"
cd /; rm -rf /play; mkdir /play; cd /play && /bin/suite /bin/files
