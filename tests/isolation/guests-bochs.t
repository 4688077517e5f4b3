#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# VT-x: 10,000 timer ticks on each of two cores with no exit; interrupts inside a sandbox cost their sender one exit and
# their receiver none; a restarted sandbox finds no trace of its former life on any of its cores.
. "$(dirname "$0")/common.sh"

make_system tests/isolation/guests.yaml guests PERIOD=300 COUNT=200 &&
	run_system bochs guests --until "poison|done" --until "smp|done" --until "ticks|done" --wall 240
for sandbox in poison smp ticks; do relay guests $sandbox; done
plan
