#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# AMD-V: 10,000 timer ticks on each of two cores with no exit; interrupts inside a sandbox cost their sender one exit and
# their receiver none; a restarted sandbox finds no trace of its former life on any of its cores. No monitor
# keeps the page mapped through which it was entered.
. "$(dirname "$0")/common.sh"

make_system tests/isolation/guests.yaml guests PERIOD=150 COUNT=500 &&
	run_system qemu guests --until "poison|done" --until "smp|done" --until "ticks|done" --dump-cores --wall 240
for sandbox in poison smp ticks; do relay guests $sandbox; done
for core in 0 1 2 3 4 5; do
	slots=$(top_slots "$dir/guests.dump/core.$core.memory")
	[ "$slots" = 0000000000000000 ]
	point $? "core $core: nothing of boot code is mapped in its monitor" "slot 0 of the top tables: ${slots:-none found}"
done
plan
