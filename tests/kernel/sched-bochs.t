#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# kernel/sched in a sandbox under VT-x: budgets, priorities, turns, wake-ups, mutexes,
# storms, idle cores, decisions among 1,000 VCPUs, two cores; no exits.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/sched.yaml sched && run_system bochs sched --until "sched|done" --wall 500
relay sched sched
plan
