#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# Stock Debian Linux drives an NVMe disk of its own: DMA and MSI-X through the IOMMU, with the driver in the kernel image; and
# again in its next life, after the disk was reset.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
yes 'these bytes come from the disk' | head -c 1024 >"$scratch/disk"
disk=(--emulator-arg -drive --emulator-arg "if=none,id=disk,format=raw,file=$scratch/disk" --emulator-arg -device
	--emulator-arg nvme,serial=quest,drive=disk)
launch() { # STEPS OPTIONS...
	sed "s|qv.run=[^ ]*|qv.run=$1|" tests/linux/nvme.yaml >"$scratch/system.yaml"
	shift
	${QUESTC:-build/questc} pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 && boot "$scratch/blob" "${disk[@]}" "$@"
}

launch sleep:2,cat:/proc/interrupts,cat:/dev/nvme0n1,load:5 --until "5 rounds done" --wall 200
point $? "Linux boots with a disk"
grep -q 'linux .*these bytes come from the disk' "$scratch/log"
point $? "the disk can be read"
grep -qE 'linux .*PCI-MSI.*nvme0q' "$scratch/log"
point $? "its interrupts are MSI or MSI-X"
is core.1.faults = 0 "no fault"
is core.0.faults = 0 "no fault beside it"

launch sleep:2,cat:/dev/nvme0n1,reboot --until-lives 3 --wall 150
is core.1.launches -ge 3 "Linux reboots"
read=$(awk '/Run \/init/ { life++ } /linux .*these bytes come from the disk/ && !seen[life]++ { n++ } END { print n + 0 }' "$scratch/log")
[ "$read" -ge 2 ]
point $? "each life reads the disk ($read)"
is core.1.faults = 0 "no life ends with a fault"
plan
