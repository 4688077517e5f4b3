#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# A control program, a shell that starts processes, and Lua on one core, each on a VCPU: the control program is never late
# and its VCPU misses no period, on AMD-V and on VT-x. Time is the emulated machine's, whatever else this machine does.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

said() { # TEXT NAME: a line of the sandbox
	grep "^quest" "$scratch/log" >"$out"
	grep -q "^quest *| .*$1" "$scratch/log"
	point $? "$2"
}

# Bochs' processor has 10 MHz, so all takes longer there.
system() { # BUDGET PERIOD ROUNDS: in us
	sed "s/@BUDGET@/$1/; s/@PERIOD@/$2/g; s/@COUNT@/$3/" tests/program/control.yaml >"$scratch/system.yaml"
	build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1
	point $? "the system compiles"
}

# /proc/vcpus at the end, its last column: periods in which a VCPU that wanted its budget did not get it.
none_missed() {
	local name
	for name in loop shell lua; do
		grep -q "^quest *| [0-9]* $name main [0-9 ]* 0\$" "$scratch/log" || echo "$name has missed, or is not listed"
	done >"$out"
	[ ! -s "$out" ]
}

verdict() { # WHERE ROUNDS
	said "lua over: 168 primes below 1000, counted again and again\$" "$1: Lua computed beside it, to its end"
	said "shell over: more than 1 turns, [1-9][0-9]* lines\$" "$1: so did the shell, with processes and files"
	said "control over: $2 rounds, 0 late\$" "$1: no round of $2 was late"
	said "control: VCPU missed 0 periods" "$1: its VCPU had its budget in every period"
	none_missed
	point $? "$1: and so had the shell's and Lua's"
}

system 200 1000 500
boot "$scratch/blob" --icount --until "quest|lua over" --wall 200
verdict AMD-V 500
is core.0.after_ready = 0 "AMD-V: no exit after ready"

system 10000 40000 100
boot_bochs "$scratch/blob" --until "quest|lua over" --wall 340
verdict VT-x 100
plan
