#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# `./quest trace` and `./quest stat` while a machine runs, and of a sandbox that panicked, and after the run.
. "$(dirname "$0")/common.sh"

export QUEST_RUN_DIR=$dir/live
mkdir "$dir/live"
build/questc pack tests/trace/live.yaml -o "$dir/live.blob" >"$dir/out" 2>&1
point $? "the system is packed" "$(cat "$dir/out")"
build/quest-run --blob "$dir/live.blob" --name live --directory "$dir/live" --emulator "$QEMU" --log "$dir/log" --quiet \
	--wall 600 >"$dir/run.out" 2>&1 &
runner=$!
for _ in $(seq 500); do # the machine is asked, not the clock
	grep -q 'twenty jobs done' "$dir/log" 2>/dev/null && grep -q 'on purpose' "$dir/log" && break
	sleep 1
done
./quest trace >"$dir/table" 2>&1
point $? "the trace of a running machine" "$(cat "$dir/table")"
for row in busy,.core.0 busy,.core.1 crash,.core.0 '  loop' '  victim'; do
	grep -q "^$row" "$dir/table"
	point $? "the table has: $row" "$(cat "$dir/table")"
done
./quest trace --json "$dir/json" --svg "$dir/svg" --list "$dir/list" >"$dir/out" 2>&1
point $? "files of it" "$(cat "$dir/out")"
python3 - "$dir/json" >"$dir/out" 2>&1 <<'P'
import collections, json, sys
events = json.load(open(sys.argv[1]))["traceEvents"]
kinds = collections.Counter((e["ph"], e["name"]) for e in events)
tracks = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
names = {e["pid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
assert sorted(names.values()) == ["busy", "crash"], names
assert {"core 0", "core 1", "loop on core 0", "victim on core 0"} <= set(tracks.values()), tracks
for kind in ("wake", "block", "depleted", "replenished", "release", "done", "nanosleep", "process_mrelease"):
    assert kinds["i", kind] > 0, (kind, kinds)
assert any(ph == "C" and name.startswith("budget of loop") for ph, name in kinds)
for e in events:
    assert e["ph"] in "MXiC" and (e["ph"] == "M" or e["ts"] >= 0), e
    assert e["ph"] == "M" or (e["pid"], e["tid"]) in tracks, e
    assert e["ph"] != "X" or (e["dur"] >= 0 and e["cat"] in ("budget", "background")), e
last = collections.defaultdict(float) # slices of a track do not overlap
for e in sorted((e for e in events if e["ph"] == "X"), key=lambda e: e["ts"]):
    track = e["pid"], e["tid"]
    assert e["ts"] >= last[track] - 0.002, (e, last[track])
    last[track] = e["ts"] + e["dur"]
marks = [e for e in events if e["ph"] == "i" and e["name"] == "mark"]
assert [e["args"]["number"] for e in marks] == [4711] and names[marks[0]["pid"]] == "crash", marks
P
point $? "the JSON file: sandboxes, tracks, slices, counters, calls, and the last words of the sandbox that panicked" \
	"$(cat "$dir/out")"
python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$dir/svg" >"$dir/out" 2>&1
point $? "the picture is XML" "$(cat "$dir/out")"
awk 'NF != 6 || $2 <= $1 { exit 1 }' "$dir/list" && [ -s "$dir/list" ]
point $? "the list has stretches" "$(head "$dir/list")"
./quest trace --sandbox nobody >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'there is no sandbox nobody' "$dir/out"
point $? "a sandbox that does not exist is refused" "$(cat "$dir/out")"
./quest stat >"$dir/stat" 2>&1
for line in '^busy  *0  *loop  *1.000 of 5.000 ms ' '^busy  *0  *net  *12.500% for I/O ' '^busy  *1  *there ' \
	'^busy  *system calls that do not exist: process_mrelease [1-9][0-9]* times$' '^crash  *0  *victim '; do
	grep -q "$line" "$dir/stat"
	point $? "stat shows $line" "$(cat "$dir/stat")"
done
cp "$dir/live/snapshot" "$dir/stale"
kill -INT "$runner"
wait "$runner"
./quest trace --sandbox crash --json "$dir/after" >"$dir/out" 2>&1 && grep -q '"number":4711' "$dir/after"
point $? "the trace of the sandbox that panicked is there after the run" "$(cat "$dir/out")"
# What a runner leaves that was killed, its number since given to another process.
{ head -c 8 "$dir/stale"; printf "$(printf '%08x' $$ | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/')"
	tail -c +13 "$dir/stale"; } >"$dir/live/snapshot"
./quest stat >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'no machine is running here' "$dir/out"
point $? "a runner that was killed is not taken for another process" "$(cat "$dir/out")"
./quest trace >"$dir/out" 2>&1
point $? "and the trace of its machine can be read" "$(cat "$dir/out")"
rm "$dir/live/snapshot"
# A ring that the sandbox itself has overwritten: the file's first slice begins behind its head.
cp "$dir/live/trace" "$dir/damaged"
size=$(stat -c %s "$dir/damaged")
slices=$((2 * (0x200000 - 0x90000)))
for at in 0x70000 $((0x70000 + 0x80000)); do
	printf 'garbage!' | dd of="$dir/damaged" bs=1 seek=$((size - slices + at)) conv=notrunc status=none
done
build/quest-trace --capture "$dir/damaged" --sandbox busy >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'core . of sandbox busy has no trace ring any more.*restart the sandbox' "$dir/out"
point $? "a damaged ring is refused with place and remedy" "$(cat "$dir/out")"
build/quest-trace --capture "$dir/damaged" --sandbox crash >"$dir/out" 2>&1
point $? "the other sandbox's can still be read" "$(cat "$dir/out")"
head -c 5000 "$dir/live/trace" >"$dir/cut"
build/quest-trace --capture "$dir/cut" >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'cut off or damaged' "$dir/out"
point $? "so is a file that is cut off" "$(cat "$dir/out")"
QUEST_RUN_DIR=$dir/none ./quest trace >"$dir/out" 2>&1
[ $? = 1 ] && grep -q 'run a machine first' "$dir/out"
point $? "and where no machine ran" "$(cat "$dir/out")"
plan
