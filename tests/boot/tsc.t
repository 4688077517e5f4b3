#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 300
# Time-stamp counters that differ, in Bochs: GRUB's wrmsr stands in for a firmware that writes to the counter of one core.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/boot/common.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s build/boot.elf build/tests/mkblob >&2 || { echo "1..0 # cannot build"; exit 1; }
n=0

iso() { # GRUB-COMMANDS: before the system is loaded
	mkdir -p "$work/iso/boot/grub"
	cp build/boot.elf "$work/iso/boot/"
	build/tests/mkblob >"$work/iso/boot/system.blob"
	cat >"$work/iso/boot/grub/grub.cfg" <<-G
	set timeout=0
	insmod wrmsr
	$1
	multiboot2 /boot/boot.elf check-only exit-on-refuse
	module2 /boot/system.blob
	boot
	G
	grub-mkrescue -o "$work/boot.iso" "$work/iso" --fonts= --locales= --themes= -d /usr/lib/grub/i386-pc \
		--install-modules="normal test iso9660 biosdisk multiboot2 wrmsr" >"$work/iso.log" 2>&1 || cat "$work/iso.log" >&2
}

refused() { # NAME GRUB-COMMANDS PATTERN-OF-CAUSE REMEDY
	n=$((n + 1))
	iso "$2"
	bochs "$work" "$work/boot.iso" 200
	tr -d '\r' <"$work/serial" >"$work/lines"
	if tail -n 3 "$work/lines" | sed -n 1p | grep -qx "error: $3" &&
		[ "$(tail -n 2 "$work/lines")" = "$(printf 'remedy: %s\nquest-v: refused' "$4")" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$work/lines"
	fi
}

echo "1..1"
refused "the TSC of one core was written" "wrmsr 0x10 0x10000000000" \
	"the TSCs of cores 0 and 1 differ by at least [0-9]* cycles" \
	"update the firmware of this machine: it must not write to the time-stamp counters"
