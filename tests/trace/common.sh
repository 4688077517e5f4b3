# SPDX-License-Identifier: MIT
# Shared by the tests of `quest trace`. The caller is in tests/trace.
. "$(dirname "$0")/../isolation/common.sh"

committed() { tail -n +2 "$1"; } # behind the licence

# The N-th example of a run, as a list of who ran when and as a picture, both against what is committed.
example() { # RUN N NAME
	build/quest-trace --directory "$dir/$1.run" --marked="$2" --round --list "$dir/$3.list" --svg "$dir/$3.svg" \
		>"$dir/trace.out" 2>&1
	committed "tests/trace/$3.list" | diff - "$dir/$3.list" >"$dir/diff" 2>&1
	point $? "$3: who runs when" "$(cat "$dir/trace.out" "$dir/diff")"
	committed "docs/timelines/$3.svg" | diff - "$dir/$3.svg" >"$dir/diff" 2>&1
	point $? "$3: the picture in the documents is this run's" "$(head -n 20 "$dir/diff")"
}

# What ran on budget between 0 and the end, in units.
share() { # RUN N VCPU
	build/quest-trace --directory "$dir/$1.run" --marked="$2" --round --list - |
		awk -v v="$3" '$5 == v && $6 == "budget" { n += $2 - $1 } END { printf "%.1f\n", n }'
}

# The example schedules on one emulator.
examples() { # qemu|bochs OPTION...
	on=$1
	shift
	make_system tests/kernel/kernel.yaml examples NAME=examples CORES=1 &&
		run_system "$on" examples --until "test|done" --wall 800 "$@"
	relay examples test
	example examples 1 io-ss
	example examples 2 io-pibs
	example examples 3 replenishments
	[ "$(share examples 3 main-1)" = 40.0 ]
	point $? "main-1 has 40 % of [0, 100]" "$(share examples 3 main-1)"
	make_system tests/kernel/kernel.yaml posix NAME=posix CORES=1 &&
		run_system "$on" posix --until "test|done" --wall 800 "$@"
	relay posix test
	example posix 1 replenishments-posix
	[ "$(share posix 1 main-1)" = 46.0 ]
	point $? "main-1 has 46 % with the rules of POSIX" "$(share posix 1 main-1)"
}
