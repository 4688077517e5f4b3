#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# What the kernel cannot be stopped in: a process with much memory forks, exits, unmaps, protects, moves and executes beside a
# loop every millisecond. No section is longer than the limit that admission counts with, and the loop is never late.
set -u
. "$(dirname "$0")/common.sh"

limit=$(sed -n 's/^#define QUEST_SECTION_INSTRUCTIONS \([0-9]*\)u.*/\1/p' abi/include/abi/quest.h)

value() { sed -n "s/^quest *| $1 //p" "$scratch/log" | tail -n 1; }

at_most() { # KEY VALUE NAME: a line of the program
	local seen
	seen=$(value "$1")
	[ -n "$seen" ] && [ "$seen" -le "$2" ]
	point $? "$3 ($1 = $seen, at most $2)"
}

run_sections() { # MIB OPTION...
	sed "s/@MIB@/$1/" tests/program/sections.yaml >"$scratch/system.yaml"
	shift
	build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 || true
	boot "$scratch/blob" --until "quest|sections over" "$@"
	point $? "the program ran to its end"
	grep '^quest' "$scratch/log" >"$out"
	at_most max_nonpreempt "$limit" "no section has more instructions"
	at_most max_nonpreempt "$(value blocking)" "nor more than admission counts with"
	at_most max_lock_held 750 "no lock between cores is held for longer, which is less than the two switches that admission counts"
	[ "$(value loop_rounds)" -gt 200 ]
	point $? "the loop ran beside ($(value loop_rounds) rounds)"
	at_most loop_late 0 "the loop missed no period"
	at_most loop_missed 0 "its VCPU missed no deadline"
	at_most loop_worst "$(value latency_bound)" "its worst wake-up is within the bound of the analysis"
}

run_sections 256 --icount --wall 280
plan
