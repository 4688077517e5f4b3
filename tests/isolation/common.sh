# SPDX-License-Identifier: MIT
# Shared by the isolation tests: build a system from a template, run it on one emulator, relay TAP, compare.
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
QEMU=${QEMU:-$top/build/tools/qemu/bin/qemu-system-x86_64}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
points=0 bad=0

point() { # STATUS NAME [WHY]: one TAP point
	points=$((points + 1))
	if [ "$1" = 0 ]; then echo "ok $points - $2"; else echo "not ok $points - $2"; bad=1; fi
	[ "$1" = 0 ] || [ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
}

plan() { # last: the number of points is known only after the guests have spoken
	echo "1..$points"
	exit $bad
}

make_system() { # TEMPLATE NAME KEY=VALUE...: fills @KEY@, packs $dir/NAME.blob
	template=$1 name=$2
	shift 2
	cp "$template" "$dir/$name.yaml"
	for pair; do
		sed -i "s|@${pair%%=*}@|${pair#*=}|" "$dir/$name.yaml"
	done
	build/questc pack "$dir/$name.yaml" -o "$dir/$name.blob"
}

run_system() { # qemu|bochs NAME OPTION...: leaves NAME.log, NAME.facts, NAME.dump/
	on=$1 name=$2
	shift 2
	mkdir -p "$dir/$name.dump"
	set -- --blob "$dir/$name.blob" --name "$name" --directory "$dir/$name.run" --on "$on" --log "$dir/$name.log" \
		--facts "$dir/$name.facts" --dump "$dir/$name.dump" --quiet "$@"
	if [ "$on" = bochs ]; then
		mk/iso "$dir/$name.blob" "$dir/$name.iso" small
		set -- "$@" --iso "$dir/$name.iso"
	else
		set -- "$@" --emulator "$QEMU"
	fi
	build/quest-run "$@" >"$dir/$name.out" 2>&1 || true # a system with a faulted sandbox is what we want
}

relay() { # NAME SANDBOX: the TAP points that a guest printed, and its plan
	sed -n "s/^ *$2 *| //p" "$dir/$1.log" >"$dir/$1.$2.lines"
	while read -r line; do
		case $line in
		'ok '*) point 0 "$2: ${line#ok }" ;;
		'not ok '*) point 1 "$2: ${line#not ok }" ;;
		esac
	done <"$dir/$1.$2.lines"
	planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$dir/$1.$2.lines" | head -n 1)
	made=$(grep -cE '^(not )?ok ' "$dir/$1.$2.lines")
	[ "${planned:-x}" = "$made" ]
	point $? "$2: all planned points were made" "planned ${planned:-none}, made $made
$(tail -n 8 "$dir/$1.out")
$(tail -n 12 "$dir/$1.log")"
}

fact() { # NAME KEY
	sed -n "s/^$2 //p" "$dir/$1.facts"
}

exits_counted() { # NAME: the monitors' own total
	awk '/^core\.[0-9]+\.exits / { n += $2 } END { print n + 0 }' "$dir/$1.facts"
}

host_memory() { # NAME SANDBOX: start and end of its private memory, host-physical
	build/questc check "$dir/$1.yaml" --json |
		sed -n 's/.*"name": "'"$2"'".*"kind": "private", "gpa": 0, "hpa": \([0-9]*\), "size": \([0-9]*\).*/\1 \2/p' |
		awk '{ printf "%d %d\n", $1, $1 + $2 }'
}

stamps() { # NAME COUNT: the witness' trace area, the TSC of each tick
	od -An -v -t u8 -w8 -j 1048576 -N $((8 * $2)) "$dir/$1.dump/witness.slice" | tr -d ' '
}

top_slots() { # FILE: slot 0 of each top page table in a dump of a monitor's memory; a top table is known by its other slots
	od -An -v -t x8 -w4096 "$1" |
		awk 'function table(entry) { return entry ~ /^00000.*[37]$/ }
			table($257) && table($289) && table($512) { print $1 }'
}
