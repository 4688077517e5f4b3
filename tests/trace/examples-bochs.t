#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# VT-x: the example schedules, from the trace of the kernel that ran them, are those of the documents.
. "$(dirname "$0")/common.sh"

examples bochs
plan
