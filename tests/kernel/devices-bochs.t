#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# Interrupts of devices in a sandbox under VT-x: a storm of them beside a core full of VCPUs, what is admitted, what is
# charged to whom; no exits.
. "$(dirname "$0")/../isolation/common.sh"

make_system tests/kernel/devices.yaml devices && run_system bochs devices --until "devices|done" --wall 500
relay devices devices
plan
