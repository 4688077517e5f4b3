#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 1800
# timeout-long: 7200
# Runs the proofs: run.t [FOLDER...]. TAP. Each folder of proofs/ has harness.c and a file `proof`:
#   sources FILE...                     the code under proof
#   included FILE...                    the same, but included by the harness (steps that are static)
#   defines -D...                       for all proofs of the folder
#   proof short|long | FUNCTION | CBMC OPTIONS | CLAIM, with its sizes
#   bug PATCH | FUNCTION                the patch must make that proof fail (with the options of its first line)
# Every proof needs a bug: what no bug can break proves nothing.
# Long proofs run when QUEST_LONG=1. CBMC comes from $CBMC, build/tools/cbmc or the path; its memory is capped.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD out=$PWD/build/proofs
memory_kib=6000000
limit=$([ "${QUEST_LONG:-0}" = 1 ] && echo 1800 || echo 300) # CPU seconds for each; CPU seconds are printed, too
cbmc=${CBMC:-$root/build/tools/cbmc/bin/cbmc}
[ -x "$cbmc" ] || cbmc=$(command -v cbmc) || {
	echo "Bail out! no CBMC: set CBMC, or run ./quest test, whose set-up fetches it"
	exit 1
}

trim() { sed 's/^[[:space:]]*//; s/[[:space:]]*$//' <<< "$1"; }
key() { sed -n "s/^$2 //p" "proofs/$1/proof"; }

# Functions that are proved, but that no bug breaks.
without_bug() {
	comm -23 <(key "$1" proof | cut -d'|' -f2 | tr -d ' \t' | sort -u) <(key "$1" bug | cut -d'|' -f2 | tr -d ' \t' | sort -u)
}

# Lines `kind|folder|function|options|claim` of all that is to run.
jobs_of() {
	local folder=$1 line length function options claim patch
	while IFS='|' read -r length function options claim; do
		length=$(trim "$length") function=$(trim "$function")
		[ "$length" = short ] || [ "${QUEST_LONG:-0}" = 1 ] || continue
		echo "proof|$folder|$function|$(trim "$options")|$(trim "$claim")"
	done < <(key "$folder" proof)
	while IFS='|' read -r patch function; do
		patch=$(trim "$patch") function=$(trim "$function")
		line=$(key "$folder" proof | grep -m 1 "| *$function *|")
		IFS='|' read -r _ _ options _ <<< "$line"
		echo "bug|$folder|$function|$(trim "$options")|$patch"
	done < <(key "$folder" bug)
	without_bug "$folder" | while read -r function; do echo "bare|$folder|$function||"; done
}

# run_cbmc FOLDER SOURCE-ROOT FUNCTION OPTIONS LOG: writes the log, sets `seconds`.
run_cbmc() {
	local folder=$1 from=$2 function=$3 options=$4 log=$5 file sources=()
	local TIMEFORMAT=%U
	for file in $(key "$folder" sources); do sources+=("$from/$file"); done
	# shellcheck disable=SC2046,SC2086 # options are lists of words
	seconds=$({ time (
		ulimit -v $memory_kib -t "$limit"
		"$cbmc" -I"$from/lib" -I"$from/lib/include" -Ilib/include -Iabi/include $(key "$folder" defines) $options \
			--function "$function" "proofs/$folder/harness.c" "${sources[@]}" > "$log" 2>&1
	); } 2>&1 | tail -1)
}

# patched FOLDER PATCH: a patched copy of the sources; prints its root.
patched() {
	local copy=$out/$1/${2%.patch} file
	rm -rf "$copy"
	for file in $(key "$1" sources) $(key "$1" included); do
		mkdir -p "$copy/$(dirname "$file")"
		cp "$file" "$copy/$file" || return 1
		find "$(dirname "$file")" -maxdepth 1 -name '*.h' -exec cp {} "$copy/$(dirname "$file")" \;
	done
	cp -r lib/include "$copy/lib/" || return 1
	patch -s -p1 -d "$copy" < "proofs/$1/$2" > "$copy.log" 2>&1 || return 1
	echo "$copy"
}

verdict() { # CONDITION-STATUS TEXT LOG
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		grep -E 'FAILURE|error|rror:|VERIFICATION' "$3" | head -10 | sed 's/^/# /'
		echo "# log: $3"
	fi
}

run_proof() {
	local folder=$1 function=$2 options=$3 claim=$4
	local log=$out/$folder/$n-$function.log
	run_cbmc "$folder" "$root" "$function" "$options" "$log"
	grep -q '^VERIFICATION SUCCESSFUL$' "$log"
	verdict $? "proof $folder/${function#prove_}: $claim ($seconds s)" "$log"
}

run_bug() {
	local folder=$1 function=$2 options=$3 patch=$4 copy caught
	local log=$out/$folder/$n-${patch%.patch}.log
	: > "$log"
	copy=$(patched "$folder" "$patch") || {
		echo "patch does not apply" >> "$log"
		verdict 1 "bug $folder/$patch: the patch applies" "$log"
		return
	}
	run_cbmc "$folder" "$copy" "$function" "$options" "$log"
	caught=$(grep -m 1 'FAILURE$' "$log" | sed 's/^\[[^]]*\] line [0-9]* //; s/: FAILURE$//')
	grep -q '^VERIFICATION FAILED$' "$log" && [ -n "$caught" ]
	verdict $? "bug $folder/${patch%.patch} breaks ${function#prove_}: ${caught:-nothing} ($seconds s)" "$log"
}

run_bare() {
	echo "not ok $n - proof $1/${2#prove_} has a seeded bug"
	echo "# add a patch that breaks it, and a line \`bug PATCH | $2\` to proofs/$1/proof"
}

folders=("$@")
[ $# -gt 0 ] || folders=($(cd proofs && ls -d */ | tr -d /))
jobs=$(for folder in "${folders[@]}"; do jobs_of "$folder"; done)
echo "1..$(wc -l <<< "$jobs")"
n=0
while IFS='|' read -r kind folder function options claim; do
	n=$((n + 1))
	mkdir -p "$out/$folder"
	"run_$kind" "$folder" "$function" "$options" "$claim"
done <<< "$jobs"
