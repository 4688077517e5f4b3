#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 600
# Assigned devices on QEMU with VT-d: they work for their sandbox, reach nothing else and interrupt nobody else.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
qemu=${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}
says() { # SANDBOX LINE
	grep -qE "^$1 +\| ok $2" "$out"
	point $? "$2"
}
# Boot QEMU without an IOMMU: the first refusal.
refusal() { # SYSTEM_FILE
	${QUESTC:-build/questc} pack "$1" -o "$scratch/blob" >"$out" 2>&1 &&
		timeout 120 "$qemu" -machine q35 -accel tcg -cpu max -m 256 -smp 3 -display none -nodefaults -no-reboot \
			-serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 -device edu -device e1000e \
			-kernel build/boot.elf -append exit-on-refuse -initrd "$scratch/blob" </dev/null >"$out" 2>&1
}

sed 's/8086:10d3/41:00.0/' tests/guest/devices.yaml >"$scratch/far.yaml"
${QUESTC:-build/questc} pack "$scratch/far.yaml" -o "$scratch/blob" >"$out" 2>&1
point $? "the system file compiles"
# The network card is behind a host bridge of its own.
devices=()
for d in edu,bus=pcie.0,dma_mask=0xffffffffffffffff pxb-pcie,id=far,bus_nr=64 pcie-root-port,bus=far,id=far1,chassis=1 \
	e1000e,bus=far1; do
	devices+=(--emulator-arg -device --emulator-arg "$d")
done
boot "$scratch/blob" "${devices[@]}" --for 45 --wall 200
grep -q 'pci 41:00.0 8086:10d3 belongs to msix, confined by the IOMMU' "$scratch/log"
point $? "a function of another host bridge is found and confined"
for line in "an assigned device answers in its own memory" "DMA moves data inside the sandbox" \
	"DMA cannot read foreign memory" "DMA cannot write outside private memory" "an MSI arrives without an exit" \
	"an MSI can be moved to another vector" "every forged interrupt message ended its life"; do
	says edu "$line"
done
for line in "the MSI-X table starts masked and reads back what was written" "an MSI-X interrupt arrives without an exit" \
	"an MSI-X entry can be moved to another vector" "a masked MSI-X entry stays quiet" \
	"every forged table entry ended its life"; do
	says msix "$line"
done
! grep -qE '^(edu|msix) +\| not ok' "$out"
point $? "no guest point failed"
is sandbox.edu.faults = 5 "each forged message was recorded as a fault"
is sandbox.msix.faults = 4 "each forged table entry was recorded as a fault"
is core.0.faults = 0 "the witness had no fault"
says witness "witness had no exit"

# The same machine without its IOMMU.
cat >"$scratch/qemu" <<-W
	#!/bin/bash
	exec "$(command -v "$qemu")" "\${@/#intel-iommu*/pci-testdev}"
W
chmod +x "$scratch/qemu"
${QUESTC:-build/questc} pack tests/guest/trusted.yaml -o "$scratch/blob" >"$out" 2>&1 &&
	QEMU=$scratch/qemu boot "$scratch/blob" --emulator-arg -device --emulator-arg e1000e \
		--until "every forged table entry ended its life" --wall 150
grep -q 'DMA trusted' "$out"
point $? "a trusted device needs no IOMMU"
says msix "an MSI-X interrupt arrives without an exit"
says msix "every forged table entry ended its life"
is sandbox.msix.faults = 4 "each forged entry was recorded as a fault"

refusal tests/guest/devices.yaml
grep -q "error: sandbox edu: device 1234:11e8 is a bus master and no IOMMU confines it" "$out"
point $? "a bus master without an IOMMU is refused"
sed 's/"}\]/", dma: trusted}]/' tests/guest/devices.yaml >"$scratch/dma.yaml"
refusal "$scratch/dma.yaml"
grep -q "error: sandbox edu: device 1234:11e8 can send interrupts and nothing confines them" "$out"
point $? "so is one whose interrupts nothing confines"
sed 's/"}\]/", dma: trusted, msi: trusted}]/; s/1234:11e8/1234:beef/' tests/guest/devices.yaml >"$scratch/none.yaml"
refusal "$scratch/none.yaml"
grep -q "error: sandbox edu: device 1234:beef is not in this machine" "$out"
point $? "an absent device is refused"
plan
