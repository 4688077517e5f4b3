# SPDX-License-Identifier: MIT
# Shared by the program tests: run the suite in a Quest sandbox, compare each program with what it prints on Linux.
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

all=${PROGRAMS:-files pipes fifos processes signals memory threads times clocks clocksglibc races limits pi vectors}

expected() { # PROGRAM: its output on this machine's Linux
	mkdir -p "$scratch/host"
	(cd "$scratch/host" && timeout 60 "$OLDPWD/build/programs/$1" 2>&1; echo "status $?") | grep -v '^# '
}

observed() { # PROGRAM: its part of the sandbox's console, without what the kernel says of faults, and remarks
	part_of $1 | grep -v '^# '
}

part_of() { # PROGRAM
	sed -n 's/^quest *| //p' "$scratch/log" | grep -v '^warning: \|^system call ' |
		sed -n "/^begin \/bin\/$1\$/,/^end \/bin\/$1 status/p" | sed "1d; s|^end /bin/$1 status|status|"
}

compare_programs() { # [WHERE: ]: one point per program
	for program in $all; do
		expected $program >"$scratch/expected"
		observed $program >"$scratch/observed"
		diff "$scratch/expected" "$scratch/observed" >"$out"
		point $? "$1$program answers as Linux does, $(wc -l <"$scratch/expected") lines"
	done
	case " $all " in *" vectors "*) # without AVX it would print the same of narrower registers
		part_of vectors >"$out"
		grep -qx '# registers of 32 bytes' "$out"
		point $? "$1vectors had registers of 32 bytes" ;;
	esac
}

run_programs() { # KERNEL OPTION...: one point per program
	local kernel=$1
	shift
	sed "s|@LIST@|$(echo $all | sed 's|\([a-z]*\)|/bin/\1|g; s/ /,/g')|; s|kernel: quest|kernel: $kernel|" \
		tests/program/programs.yaml >"$scratch/system.yaml"
	build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 || true
	boot "$scratch/blob" --until "quest|suite over" "$@"
	point $? "$kernel: the suite ran to its end"
	compare_programs "$kernel: "
}
