#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 280
# What the compiler places, a machine accepts: each system is booted in QEMU until boot code has checked the blob, built all
# tables, walked every leaf of them and is about to launch. The Linux image is a small stand-in that is never entered.
set -u
cd "$(dirname "$0")/../.." || exit 1
qemu=${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}
images=build/tests/images
export QUEST_LINUX_IMAGE=$images/vmlinuz QUEST_LINUX_INITRD=$images/initrd.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files="eight one-gib pinned smallest two-linux"
n=0

command -v "$qemu" >/dev/null || { echo "1..0 # SKIP no QEMU: run ./quest run once"; exit 0; }
make -s build/questc build/tests/fixture build/boot.elf build/quest.elf build/monitor-svm.elf build/monitor-vmx.elf >&2 &&
	build/tests/fixture $images || { echo "1..0 # cannot prepare"; exit 1; }

number() { sed -n "s/^  \"$1\": \([0-9]*\),\$/\1/p" "$work/json"; }

boots() { # FILE: until launch, at most 50 s
	local file=$1 pid status=1
	build/questc check "$file" --json >"$work/json" 2>"$work/log" && build/questc pack "$file" -o "$work/blob" 2>>"$work/log" ||
		return 1
	: >"$work/log"
	"$qemu" -accel tcg -machine q35 -cpu max -smp "$(number cores)" -m "$(($(number ram_bytes) >> 20))" -display none \
		-serial "file:$work/log" -monitor none -no-reboot -kernel build/boot.elf -initrd "$work/blob" </dev/null 2>>"$work/log" &
	pid=$!
	for _ in $(seq 250); do
		grep -q '^launching ' "$work/log" && status=0 && break
		kill -0 $pid 2>/dev/null && ! grep -q 'refused' "$work/log" || break
		sleep 0.2
	done
	kill $pid 2>/dev/null
	wait $pid 2>/dev/null
	grep -q '^isolation check: every leaf of ' "$work/log" || status=1
	return $status
}

for name in $files; do
	n=$((n + 1))
	if boots "tests/system/good/$name.yaml"; then
		echo "ok $n - $name: $(grep '^isolation check' "$work/log")"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/log"
	fi
done
echo "1..$n"
