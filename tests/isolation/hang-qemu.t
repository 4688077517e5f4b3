#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# AMD-V: guests that sleep, spin or fault for ever with interrupts off are restarted by a sandbox that may, through the
# kick; a witness loses no tick.
. "$(dirname "$0")/common.sh"

make_system tests/isolation/hang.yaml hang TICKS=1000 MS=300 EXACT=exact &&
	run_system qemu hang --icount --wall 240 --until "witness|done" --until "supervisor|done" --until "halts|attacks done" \
		--until "spins|attacks done" --until "faults|attacks done" --until "debugs|attacks done" \
		--until "aligns|attacks done"
for sandbox in supervisor halts spins faults debugs aligns witness; do relay hang $sandbox; done
plan
