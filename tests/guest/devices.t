#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# Assigned devices on QEMU with VT-d: they work for their sandbox, reach nothing else and interrupt nobody else.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
n=0
point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; sed 's/^/# /' "$out/log" | tail -n 40; fi
}
says() { grep -qE "^$1 +\| $2" "$out/log"; point $? "$3"; }
fact() { grep -qE "^$1$" "$out/facts"; point $? "$2"; }
emulator=${QUEST_QEMU:-build/tools/qemu/bin/qemu-system-x86_64}

build/questc pack tests/guest/devices.yaml -o "$out/blob"
point $? "the system file compiles"
build/quest-run --blob "$out/blob" --name tests/guest/devices.yaml --directory "${QUEST_RUN_DIR:-$out/run}" --on qemu \
	--emulator "$emulator" --emulator-arg -device --emulator-arg edu,dma_mask=0xffffffffffffffff \
	--emulator-arg -device --emulator-arg e1000e --for 25 --facts "$out/facts" --wall 200 >"$out/log" 2>&1 </dev/null

for line in "an assigned device answers in its own memory" "DMA moves data inside the sandbox" \
	"DMA cannot read foreign memory" "DMA cannot write outside private memory" "an MSI arrives without an exit" \
	"an MSI can be moved to another vector" "every forged interrupt message ended its life"; do
	says edu "ok $line" "$line"
done
for line in "the MSI-X table starts masked and reads back what was written" "an MSI-X interrupt arrives without an exit" \
	"an MSI-X entry can be moved to another vector" "a masked MSI-X entry stays quiet" \
	"every forged table entry ended its life"; do
	says msix "ok $line" "$line"
done
! grep -qE '^(edu|msix) +\| not ok' "$out/log"
point $? "no guest point failed"
fact "sandbox.edu.faults 5" "each forged message was recorded as a fault"
fact "sandbox.msix.faults 4" "each forged table entry was recorded as a fault"
fact "core.0.faults 0" "the witness had no fault"
says witness "ok witness had no exit" "the witness had no exit"
grep -q "error: sandbox edu: device 1234:11e8 is a bus master and no IOMMU confines it" <(
	sed 's/^ *devices: .*1234:11e8.*/    devices: [{pci: "1234:11e8"}]/' tests/guest/devices.yaml >"$out/bare.yaml"
	build/questc pack "$out/bare.yaml" -o "$out/bare.blob" >/dev/null &&
	timeout 60 "$emulator" -machine q35 -accel tcg -cpu max -m 256 -smp 3 -display none -nodefaults -no-reboot -serial stdio \
		-device isa-debug-exit,iobase=0xf4,iosize=4 -device edu -device e1000e -kernel build/boot.elf \
		-append exit-on-refuse -initrd "$out/bare.blob" </dev/null 2>&1 | tee "$out/log")
point $? "a bus master without an IOMMU is refused"
echo "1..$n"
