#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 240
# `./quest image`: one ISO that starts the same system from BIOS and from UEFI.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh
./quest image systems/two-quest.yaml -o "$scratch/x.iso" >"$out" 2>&1
point $? "the image is written"
${QUESTC:-build/questc} pack systems/two-quest.yaml -o "$scratch/blob" >"$out" 2>&1
boot "$scratch/blob" --iso "$scratch/x.iso" --until-ready --wall 90
point $? "it starts from BIOS and both sandboxes are ready"
firmware=/usr/share/OVMF
boot "$scratch/blob" --iso "$scratch/x.iso" --until-ready --wall 120 \
	--emulator-arg -drive --emulator-arg "if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd" \
	--emulator-arg -drive --emulator-arg "if=pflash,format=raw,snapshot=on,file=$firmware/OVMF_VARS_4M.fd"
point $? "it starts from UEFI and both sandboxes are ready"
./quest image /nonexistent.yaml -o "$scratch/none.iso" >"$out" 2>&1
[ $? = 1 ] && [ ! -e "$scratch/none.iso" ]
point $? "a system file that is not there gives no image"
plan
