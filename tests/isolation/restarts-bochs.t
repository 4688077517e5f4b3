#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# VT-x: three cores are restarted together while they flood each other with interrupts and start-up messages; a restart
# that was promised to one sandbox happens though the other one is just going down.
. "$(dirname "$0")/restarts.sh"

flood bochs 10 0 --wall 250
promise bochs 2 30 200000 40 --wall 250
plan
