#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# VT-x: the same tests of files on the kernel's memory.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml fs NAME=fs CORES=1 && run_system bochs fs --until "test|tests done" --wall 1600
relay fs test
plan
