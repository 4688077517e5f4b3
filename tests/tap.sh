# SPDX-License-Identifier: MIT
# Sourced by test scripts: TAP points, and facts of a run. The caller is at the top folder with set -u.
tap_points=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out
: >"$out"

point() { # STATUS NAME: on failure the last lines of $out are shown
	tap_points=$((tap_points + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_points - $2"
	else
		echo "not ok $tap_points - $2"
		tail -n 25 "$out" | sed 's/^/# /'
	fi
}

plan() { echo "1..$tap_points"; }

# fact KEY: its value in the facts of the last run, `-` when there is none.
fact() { awk -v k="$1" '$1 == k { print $2; found = 1 } END { if (!found) print "-" }' "$scratch/facts"; }

is() { # KEY OPERATOR VALUE NAME: a fact compared as an integer
	local value
	value=$(fact "$1")
	[ "$value" != - ] && [ "$value" "$2" "$3" ]
	point $? "$4 ($1 = $value)"
}

# boot BLOB ARGUMENTS...: run it on QEMU; all lines in $scratch/log, facts in $scratch/facts, messages in $out.
boot() {
	local blob=$1
	shift
	: >"$scratch/facts"
	"${QUEST_RUNNER:-build/quest-run}" --blob "$blob" --directory "$scratch/run" --log "$scratch/log" \
		--facts "$scratch/facts" --emulator "${QEMU:-build/tools/qemu/bin/qemu-system-x86_64}" "$@" >"$out" 2>&1
}

# boot_bochs BLOB ARGUMENTS...: the same on Bochs, through an ISO.
boot_bochs() {
	local blob=$1
	shift
	mk/iso "$blob" "$scratch/system.iso" small || return 1
	: >"$scratch/facts"
	"${QUEST_RUNNER:-build/quest-run}" --on bochs --blob "$blob" --iso "$scratch/system.iso" \
		--directory "$scratch/run" --log "$scratch/log" --facts "$scratch/facts" "$@" >"$out" 2>&1
}
