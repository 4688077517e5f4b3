#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 300
# Each refusal of the boot code, provoked on QEMU: the machine or the blob lacks something, and the last lines on the serial
# port name cause and remedy. What QEMU cannot lack (firmware locks, EPT) is in lib/processor_test.c.
set -u
cd "$(dirname "$0")/../.." || exit 1
QEMU=${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s build/boot.elf build/tests/mkblob >&2 || { echo "1..0 # cannot build"; exit 1; }
n=0

# boot QEMU-ARGUMENTS...: serial output goes to $work/out, CR removed; the status of QEMU to $status
boot() {
	timeout "${limit:-60}" "$QEMU" -accel tcg -machine "${machine:-q35}" -cpu max -smp 2 -m 256 -display none -vga none -nic none -monitor none \
		-serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -kernel build/boot.elf \
		-append "check-only exit-on-refuse" "$@" </dev/null >"$work/raw" 2>"$work/errors"
	status=$?
	tr -d '\r' <"$work/raw" >"$work/out"
}

report() { # GOOD NAME
	n=$((n + 1))
	if [ "$1" = 1 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$work/out" "$work/errors"
		echo "# status $status"
	fi
}

# refused NAME "CAUSE" "REMEDY" QEMU-ARGUMENTS...: the last three lines must be exactly these, and QEMU's status 3.
refused() {
	name=$1
	printf 'error: %s\nremedy: %s\nquest-v: refused\n' "$2" "$3" >"$work/expected"
	shift 3
	boot "$@"
	tail -n 3 "$work/out" | cmp -s - "$work/expected" && [ $status -eq 3 ] && good=1 || good=0
	[ $good = 1 ] || sed 's/^/# expected: /' "$work/expected"
	report $good "$name"
}

passed() { # NAME QEMU-ARGUMENTS...
	name=$1
	shift
	boot "$@"
	[ "$(tail -n 1 "$work/out")" = "checks passed" ] && [ $status -eq 1 ] && report 1 "$name" || report 0 "$name"
}

blob() { # NAME MKBLOB-ARGUMENTS...
	b=$work/$1.blob
	shift
	build/tests/mkblob "$@" >"$b"
}

# flip FILE OFFSET: change one byte
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "$(printf '\\%03o' $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

blob good
blob two cores=2 memory=32
blob big cores=2 memory=200
blob hole cores=1 memory=32 at=2040
blob high cores=1 memory=32 at=4200
blob device device=8086:10d3
blob bare bare cores=1
blob gpe ports=0:620-62f
blob window pci=0:5.0 ports=1:c000-cfff
blob package pci=0:5.0 pci=0:5.1
blob switch pci=3:0.0 pci=4:0.0
blob roots pci=1:0.0 pci=2:0.0
blob far pci=41:0.0 pci=0:5.0
cp "$work/good.blob" "$work/sealed.blob"
flip "$work/sealed.blob" 300
cp "$work/good.blob" "$work/payload.blob"
flip "$work/payload.blob" 20479
head -c 20000 "$work/good.blob" >"$work/cut.blob"
head -c 40 "$work/good.blob" >"$work/short.blob"
head -c 20480 /dev/zero >"$work/zeros.blob"
feature="use a processor with the missing feature, or turn it on in the firmware set-up"
again="copy or load the blob again"

echo "1..34"
passed "a good machine and a good blob" -initrd "$work/good.blob"
refused "no blob" "no system blob given" "load the system blob: QEMU -initrd FILE, or GRUB module2 FILE"
refused "not a blob" "the system blob is damaged: the file is not a system blob (section header, entry 0)" \
	"give the system blob as the boot module" -initrd "$work/zeros.blob"
refused "shorter than a header" \
	"the system blob is damaged: the file is shorter than a blob header (section header, entry 0)" \
	"give the system blob as the boot module" -initrd "$work/short.blob"
refused "blob cut off" "the system blob is damaged: the blob is cut off (section header, entry 0)" \
	"$again, whole" -initrd "$work/cut.blob"
refused "one bit of the sealed part" \
	"the system blob is damaged: the blob is damaged: its SHA-256 does not match (section header, entry 0)" \
	"$again, or rebuild it" -initrd "$work/sealed.blob"
refused "one bit of a payload file" "the system blob is damaged: contents of halt do not match their digest" \
	"pack the system again and copy it afresh" -initrd "$work/payload.blob"

# This one is refused before the command line is read, so QEMU does not end by itself.
limit=5 boot -cpu max,-lm -initrd "$work/good.blob"
printf 'error: this processor has no 64-bit mode\nremedy: use an x86-64 processor\nquest-v: refused\n' >"$work/expected"
cmp -s "$work/out" "$work/expected" && report 1 "no 64-bit mode" || report 0 "no 64-bit mode"
refused "no NX" "this processor has no NX (no-execute pages)" "$feature" -cpu max,-nx -initrd "$work/good.blob"
refused "no x2APIC" "this processor has no x2APIC" "$feature" -cpu max,-x2apic -initrd "$work/good.blob"
refused "no invariant TSC outside QEMU TCG" "this processor has no invariant TSC" "$feature" \
	-cpu max,-hypervisor -initrd "$work/good.blob"
refused "no AMD-V and no VT-x" "this processor has no AMD-V and no VT-x" \
	"use a processor with virtualisation, turn it on in the firmware set-up, or run one sandbox bare" \
	-cpu max,-svm -initrd "$work/good.blob"
refused "no nested paging" "AMD-V has no nested paging" "use a processor with nested paging (RVI)" \
	-cpu max,-npt -initrd "$work/good.blob"
passed "bare needs no virtualisation" -cpu max,-svm -initrd "$work/bare.blob"
refused "bare needs x2APIC" "this processor has no x2APIC" "$feature" -cpu max,-svm,-x2apic -initrd "$work/bare.blob"

refused "too few cores" "the system needs 2 cores, this machine has 1" \
	"give the machine more cores, or lower \`cores:\` of a sandbox in the system file" -smp 1 -initrd "$work/good.blob"
refused "hardware threads are not cores" "the system needs 2 cores, this machine has 1" \
	"give the machine more cores, or lower \`cores:\` of a sandbox in the system file" \
	-smp 2,cores=1,threads=2 -initrd "$work/good.blob"
passed "two cores of two threads" -smp 4,cores=2,threads=2 -initrd "$work/good.blob"
passed "more cores than needed" -smp 5 -initrd "$work/good.blob"
refused "too little memory" "sandbox box1 needs memory up to 424 MiB, this machine has it up to 255 MiB" \
	"give the machine more memory, or lower \`memory:\` of a sandbox in the system file" -initrd "$work/big.blob"
refused "a hole where memory is needed" \
	"sandbox box0 needs 0x7fe00000-0x81e00000, but 0x7ffdf000-0x80000000 is not free: reserved by the firmware" \
	"describe this machine's memory in a machine file, or pin the memory elsewhere with \`at:\`" \
	-m 3G -initrd "$work/hole.blob"
passed "memory above 4 GiB" -m 4G -initrd "$work/high.blob"
refused "memory above 4 GiB without 1 GiB pages" \
	"the black box lies above 4 GiB, and this processor has no 1 GiB pages" \
	"use a processor with 1 GiB pages, or less memory in the system file" \
	-m 4G -cpu max,-pdpe1gb -initrd "$work/high.blob"

refused "device absent" "sandbox box0: device fixture is not in this machine, or is already owned" \
	"remove the device from the system file, or use a machine that has it" -initrd "$work/device.blob"
passed "device present" -device e1000e -initrd "$work/device.blob"

# ---- firmware tables and clocks ----
machine=microvm,acpi=off,isa-serial=on refused "no ACPI tables" "no ACPI tables found" "turn ACPI on in the firmware set-up" \
	-initrd "$work/good.blob"
machine=microvm,acpi=on,isa-serial=on,pit=on,pic=on boot -initrd "$work/bare.blob"
grep -q '^TSC [0-9]* kHz, APIC timer [0-9]* kHz (by PIT)$' "$work/out" && [ "$(tail -n 1 "$work/out")" = "checks passed" ] &&
	report 1 "no PM timer: the PIT gives the rate" || report 0 "no PM timer: the PIT gives the rate"

# ---- ports and devices that are not apart ----
refused "ports over ACPI registers" \
	"sandbox box0: ports 0x620-0x62f reach into 0x620-0x62f, the GPE0 registers (ACPI) of this machine" \
	"take these ports out of \`ports:\` in the system file" -initrd "$work/gpe.blob"
iommu="-device intel-iommu,intremap=on,eim=on"
refused "a device whose ports another sandbox is given" \
	"sandbox box0: device fixture has I/O ports that the system file gives to another sandbox (\`ports:\` or \`uart:\`)" \
	"give the sandbox another device, or let the firmware place this one elsewhere" \
	$iommu -device e1000e,addr=5 -initrd "$work/window.blob"
cause="sandbox box1: device fixture and a device of another sandbox can reach each other without passing the IOMMU"
remedy="give all functions of this package or switch to one sandbox, or write \`dma: trusted\` at the bus masters"
refused "two functions of one package" "$cause" "$remedy" $iommu -device e1000e,addr=5.0,multifunction=on \
	-device e1000e,addr=5.1 -initrd "$work/package.blob"
root="-device pcie-root-port,id=r1,addr=6,chassis=1"
refused "a switch without access control services" "$cause" "$remedy" $iommu $root -device x3130-upstream,bus=r1,id=u \
	-device xio3130-downstream,bus=u,id=d1,chassis=2,slot=1 -device xio3130-downstream,bus=u,id=d2,chassis=3,slot=2 \
	-device e1000e,bus=d1 -device e1000e,bus=d2 -initrd "$work/switch.blob"
passed "two root ports" $iommu $root -device pcie-root-port,id=r2,addr=7,chassis=2 -device e1000e,bus=r1 \
	-device e1000e,bus=r2 -initrd "$work/roots.blob"
passed "a function of another host bridge" $iommu -device pxb-pcie,id=far,bus_nr=64 \
	-device pcie-root-port,bus=far,id=r,chassis=3 -device e1000e,bus=r -device e1000e,bus=pcie.0,addr=5 \
	-initrd "$work/far.blob"

boot -initrd "$work/good.blob" -icount shift=0,sleep=off
grep -qx 'TSC 1000000 kHz, APIC timer 1000000 kHz (by PM timer)' "$work/out" && report 1 "rates are exact where time is" ||
	report 0 "rates are exact where time is"
