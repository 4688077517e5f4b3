#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# VT-x: the same tests of memory.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/kernel.yaml mm NAME=mm CORES=1 && run_system bochs mm --until "test|tests done" --wall 1600
relay mm test
plan
