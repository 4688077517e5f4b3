#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# VT-x: the same tests of files between threads.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml waits NAME=waits CORES=1 && run_system bochs waits --until "test|done" --wall 1600
relay waits test
plan
