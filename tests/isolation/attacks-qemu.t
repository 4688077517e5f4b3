#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 400
# AMD-V: every attack of the attacker guest ends as it must, in one boot of some 170 lives, while the witness loses no tick
# and executes exactly the instructions of an undisturbed run. Every exit that QEMU logs is one the monitors counted.
. "$(dirname "$0")/common.sh"

entry=$(nm build/boot.elf | awk '$3 == "boot_entry_pvh" { print $1 }')

run_counted() { # NAME ATTACK UNTIL
	make_system tests/isolation/attack.yaml "$1" "ATTACK=$2" "WITNESS=ticks=1500 period-us=1000 mode=hlt raw" || return
	run_system qemu "$1" --icount --until "$3" --wall 300 --exit-log "$dir/$1.exits" \
		--emulator-arg -plugin --emulator-arg "build/tests/insns.so,entry=$entry,out=$dir/$1.insns"
}

instructions() { # NAME SANDBOX
	set -- "$1" $(host_memory "$1" "$2")
	awk -v from="$2" -v to="$3" '$2 >= from && $2 < to { n += $3 } END { print n + 0 }' "$dir/$1.insns"
}

run_counted calm idle "ticks are over" &
run_counted storm all "ticks are over"
wait

relay storm attacker
read -r first last < <(stamps storm 1500 | awk 'NR == 1 { f = $1 } { l = $1 } END { print f, l }')
period=$(($(fact storm tsc_hz) / 1000))
lost=$(((last - first + period / 2) / period + 1 - 1500))
[ "$first" -gt 0 ] && [ "$lost" = 0 ]
point $? "the witness lost no tick of 1500" "$lost lost between $first and $last"
[ "$(fact storm sandbox.witness.word.7)" = "" ]
point $? "the witness had no exit meanwhile" "$(fact storm sandbox.witness.word.7)"
grep -q 'attacks done' "$dir/storm.attacker.lines"
point $? "the attacks were over before the witness was" "$(tail -n 2 "$dir/storm.attacker.lines")"
calm=$(instructions calm witness) storm=$(instructions storm witness)
[ "$calm" = "$storm" ] && [ "$calm" -gt 0 ]
point $? "the witness executed $calm instructions in 1500 ticks, attacked or not" "undisturbed $calm, attacked $storm"
logged=$(grep -o 'vmexit(' "$dir/storm.exits" | wc -l) counted=$(exits_counted storm)
[ "$logged" = "$counted" ] && [ "$logged" -gt 0 ]
point $? "QEMU logged $logged exits, the monitors counted as many" "logged $logged, counted $counted"
plan
