#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 400
# One boot image, every way in: QEMU -kernel (PVH), GRUB on BIOS, GRUB on UEFI (OVMF), GRUB in Bochs (VT-x). Each must reach
# "checks passed", on the screen too where there is one.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/boot/common.sh
QEMU=${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}
OVMF=/usr/share/OVMF
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s build/boot.elf build/boot-efi.elf build/tests/mkblob >&2 || { echo "1..0 # cannot build"; exit 1; }
n=0

report() { # GOOD NAME FILE
	n=$((n + 1))
	if [ "$1" = 1 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$3"
	fi
}

# check NAME SERIAL-OUTPUT LINE...: the output has each of the lines
check() {
	name=$1 good=1
	tr -d '\r' <"$2" >"$work/lines"
	shift 2
	for line; do
		grep -qxF "$line" "$work/lines" || good=0
	done
	report $good "$name" "$work/lines"
}

iso() { # FILE COMMAND-LINE GRUB-MKRESCUE-OPTIONS...
	out=$1
	mkdir -p "$work/iso/boot/grub"
	cp build/boot.elf build/boot-efi.elf "$work/iso/boot/"
	build/tests/mkblob >"$work/iso/boot/system.blob"
	cat >"$work/iso/boot/grub/grub.cfg" <<-G
	set timeout=0
	set boot=boot.elf
	if [ "\$grub_platform" = efi ]; then insmod all_video; set boot=boot-efi.elf; fi
	multiboot2 /boot/\$boot $2
	module2 /boot/system.blob
	boot
	G
	shift 2
	grub-mkrescue -o "$out" "$work/iso" --fonts= --locales= --themes= "$@" >"$work/iso.log" 2>&1 || cat "$work/iso.log" >&2
}

qemu() { # SECONDS QEMU-ARGUMENTS...
	limit=$1
	shift
	timeout "$limit" "$QEMU" -accel tcg -machine q35 -cpu max -smp 2 -m 512 -display none -nic none -no-reboot \
		-serial "file:$work/serial" -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" >/dev/null 2>&1
}

wait_for() { # LINE SECONDS: until the serial port has said it
	for _ in $(seq "$2"); do
		grep -q "$1" "$work/serial" 2>/dev/null && return
		sleep 1
	done
}

# Bytes of the screen that are not black at the end: our seven lines are some 30,000 as VGA text and 9,000 in our own
# smaller letters, GRUB's greeting 2,000.
screen() { # QEMU-ARGUMENTS...
	rm -f "$work/screen.ppm" "$work/serial"
	(wait_for "checks passed" 100; echo "screendump $work/screen.ppm"; sleep 2; echo quit) |
		qemu 120 -vga std -monitor stdio "$@"
	tail -c +16 "$work/screen.ppm" 2>/dev/null | tr -d '\0' | wc -c
}

echo "1..7"
build/tests/mkblob >"$work/blob"
qemu 60 -vga none -monitor none -kernel build/boot.elf -initrd "$work/blob" -append "check-only exit-on-refuse"
check "QEMU -kernel" "$work/serial" "Quest-V boot (PVH)" "2 of 2 cores started, their TSCs agree" "checks passed"

iso "$work/boot.iso" check-only
iso "$work/exit.iso" "check-only exit-on-refuse"
rm -f "$work/serial"
qemu 60 -vga std -monitor none -cdrom "$work/exit.iso"
check "GRUB on BIOS" "$work/serial" "Quest-V boot (multiboot2)" "2 of 2 cores started, their TSCs agree" "checks passed"
lit=$(screen -cdrom "$work/boot.iso")
[ "$lit" -gt 20000 ] && report 1 "VGA text on BIOS" || { echo "$lit bytes lit" >"$work/lit"; report 0 "VGA text on BIOS" "$work/lit"; }

set -- -drive "if=pflash,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.fd" \
	-drive "if=pflash,format=raw,snapshot=on,file=$OVMF/OVMF_VARS_4M.fd"
rm -f "$work/serial"
qemu 120 -vga std -monitor none -cdrom "$work/exit.iso" "$@"
check "GRUB on UEFI" "$work/serial" "2 of 2 cores started, their TSCs agree" "checks passed"
lit=$(screen -cdrom "$work/boot.iso" "$@")
[ "$lit" -gt 6000 ] && report 1 "frame buffer on UEFI" ||
	{ echo "$lit bytes lit" >"$work/lit"; report 0 "frame buffer on UEFI" "$work/lit"; }

rm -f "$work/serial"
iso "$work/small.iso" "check-only exit-on-refuse" -d /usr/lib/grub/i386-pc --install-modules="normal test iso9660 biosdisk multiboot2"
bochs "$work" "$work/small.iso" 120
check "GRUB in Bochs, VT-x" "$work/serial" "Quest-V boot (multiboot2)" "VT-x, x2APIC, TSC-deadline timer" \
	"2 of 2 cores started, their TSCs agree" "checks passed"
grep -q 'Shutdown port' "$work/bochs.log" && report 1 "Bochs ends by the shutdown port" "$work/bochs.out" ||
	report 0 "Bochs ends by the shutdown port" "$work/bochs.out"
