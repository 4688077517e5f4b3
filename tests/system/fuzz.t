#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 400
# timeout-long: 1500
# Fuzz the YAML front, the blob checker and the readers of images: fuzz.t [SECONDS for each; images get a third]. Seeds: all system files of the
# tests, their blobs without payload, and small images. A finding leaves its input in build/fuzz/NAME.artifacts/.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-$([ "${QUEST_LONG:-0}" = 1 ] && echo 300 || echo 30)}
images=build/tests/images
export QUEST_BUILD=$images QUEST_LINUX_IMAGE=$images/vmlinuz QUEST_LINUX_INITRD=$images/initrd.gz
export LSAN_OPTIONS=suppressions=tests/system/lsan.supp:print_suppressions=0
yaml=build/fuzz/yaml.seeds
blob=build/fuzz/blob.seeds
image=build/fuzz/image.seeds

make -s build/questc build/tests/fixture >&2 && build/tests/fixture $images || { echo "1..0 # cannot prepare"; exit 1; }
mkdir -p $yaml $blob $image
cp tests/system/bad/*.yaml tests/system/good/*.yaml systems/*.yaml $yaml/
for file in tests/system/good/*.yaml systems/*.yaml; do
	build/questc pack "$file" -o build/fuzz/seed.blob || { echo "1..0 # cannot make seeds"; exit 1; }
	sealed=$(od -An -t u8 -j 16 -N 8 build/fuzz/seed.blob | tr -d ' ')
	head -c "$sealed" build/fuzz/seed.blob >"$blob/$(basename "$file" .yaml)"
done
rm -f build/fuzz/seed.blob
cp $images/quest.elf $images/monitor-svm.elf $images/dynamic $images/vmlinuz $image/

echo "1..3"
n=0
for name in yaml blob image; do
	n=$((n + 1))
	dir=build/fuzz/$name
	mkdir -p "$dir.corpus" "$dir.artifacts"
	time=$seconds options="-timeout=20 -rss_limit_mb=2048 -max_len=65536"
	[ $name != yaml ] || options="$options -dict=tests/system/yaml.dict"
	[ $name != image ] || time=$(((seconds + 2) / 3)) # two small readers
	if make -s "build/fuzz/$name" >"$dir.log" 2>&1 && timeout $((seconds + 120)) "build/fuzz/$name" -max_total_time=$time $options \
		-artifact_prefix="$dir.artifacts/" "$dir.corpus" "$dir.seeds" >>"$dir.log" 2>&1; then
		echo "ok $n - $name: $(grep '^Done' "$dir.log")"
	else
		echo "not ok $n - $name: see $dir.log"
		tail -30 "$dir.log" | sed 's/^/# /'
	fi
done
