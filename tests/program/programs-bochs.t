#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 2500
# VT-x: the program tests as on QEMU. glibc executes CPUID at the start of a program, which always exits there; nothing
# else does. Some of them on the kernel that is built for one core.
set -u
. "$(dirname "$0")/common.sh"
boot() { boot_bochs "$@"; }

run_programs quest --wall 1400
all=$(sed -n 's/^core.0.after_ready //p' "$scratch/facts")
cpuid=$(sed -n 's/^core.0.exit_after_ready.cpuid //p' "$scratch/facts")
[ "${all:--1}" = "${cpuid:-0}" ]
point $? "no exit of the sandbox's core after ready but for CPUID (${all:-?}, of them ${cpuid:-0})"

all="processes signals threads"
run_programs quest-uniprocessor --wall 1000
plan
