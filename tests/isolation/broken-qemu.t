#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 300
# AMD-V: monitors that fail stop their own sandbox, say why, and cost the others nothing; mail and locks are given up in time.
. "$(dirname "$0")/broken.sh"

broken qemu monitor-svm rest 'devices: [{pci: "8086:10d3"}]' --until-core 5=faulted --wall 240 --emulator-arg -device --emulator-arg e1000e
