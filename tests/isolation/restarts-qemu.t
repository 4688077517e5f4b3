#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# AMD-V: three cores are restarted together while they flood each other with interrupts and start-up messages; a restart
# that was promised to one sandbox happens though the other one is just going down.
. "$(dirname "$0")/restarts.sh"

flood qemu 20 0 --wall 250
promise qemu 1 40 20000 1000 --icount --wall 250
plan
