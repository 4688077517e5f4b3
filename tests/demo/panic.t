#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 400
# A Quest kernel that panics: what its heartbeat calls is damaged from outside. With `on-fault: restart` another life
# comes up, with `on-fault: stop` it stays down; either way it is recorded as a guest's panic and the run ends with 1.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
${QUESTC:-build/questc} pack tests/demo/panic.yaml -o "$scratch/blob" >"$out" 2>&1
point $? "the system compiles"
${QUESTC:-build/questc} check tests/demo/panic.yaml --json >"$scratch/json"
symbol=$(nm build/quest.elf | awk '$3 == "ticks" { print $1 }') # kernel/main/tick.c: begins with the handler of core 0's timer

address() { # SANDBOX: where that stands in the machine's memory
	local hpa
	hpa=$(sed -n 's/.*"name": "'"$1"'".*"kind": "private", "gpa": 0, "hpa": \([0-9]*\),.*/\1/p' "$scratch/json")
	echo $((hpa + 0x$symbol - 0xffffffff80000000))
}

judge() { # STATUS EMULATOR
	[ "$1" = 1 ] && grep -q 'sandbox stops faulted 1 times' "$out" && grep -q 'sandbox keeps faulted 1 times' "$out"
	point $? "$2: the run ends with status 1 and names both"
	[ "$(grep -c '^keeps .*| ready' "$scratch/log")" = 2 ] && [ "$(fact core.0.state)" = running ]
	point $? "$2: the one with on-fault: restart is up again"
	is core.0.launches = 2 "$2: in its second life"
	[ "$(fact core.2.state)" = faulted ]
	point $? "$2: the one with on-fault: stop is down"
	is core.2.launches = 1 "$2: after its first life"
	[ "$(grep -cE '^core\.[012]\.fault\.1 guest-panic .* rip=0x8 life=1' "$scratch/facts")" = 2 ]
	point $? "$2: both records say guest-panic, the instruction and the life"
	[ "$(grep -c "| panic: core .: page fault" "$scratch/log")" = 2 ]
	point $? "$2: each kernel printed its last words once"
	is core.3.launches = 1 "$2: the third one runs on"
	is core.3.faults = 0 "$2: without a fault"
}

damage=(--poke "$(address stops)=8" --poke "$(address keeps)=8")
damage+=(--until "keeps|ready" --until-core 2=faulted)
boot "$scratch/blob" "${damage[@]}" --wall 150
judge $? QEMU
boot_bochs "$scratch/blob" "${damage[@]}" --wall 200
judge $? Bochs
plan
