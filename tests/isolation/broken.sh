# SPDX-License-Identifier: MIT
# What broken-qemu.t and broken-bochs.t do: damage monitors and a lock from outside, see what becomes of each sandbox.
. "$(dirname "$0")/common.sh"

region() { # KIND INDEX: its host-physical address
	build/questc check "$dir/broken.yaml" --json |
		sed -n 's/.*"kind": "'"$1"'", "index": '"$2"', "hpa": \([0-9]*\),.*/\1/p'
}

no_code() { # IMAGE CORE: an entry of that monitor's table of calls leads to address 0 from now on
	local table
	table=$(nm "build/$1.elf" | awk '$3 == "mon_calls" { print $1 }')
	echo "$(($(region core "$2") + 0x$table - 0xffffffff80000000))=0"
}

holder_is_dead=$(((1000 << 32) | 1005)) # the lock serves ticket 1000 and next gives out 1005

owner() { # OWNED: what becomes of a sandbox that is restarted while nobody can write PCI configuration
	if [ "${1%%:*}" != devices ]; then
		[ "$(fact broken core.5.state)" = running ] && [ "$(fact broken core.5.launches)" = 2 ]
		point $? "a sandbox without devices is restarted all the same" "life $(fact broken core.5.launches)"
		return
	fi
	[ "$(fact broken core.5.state)" = faulted ] && [ "$(fact broken core.5.launches)" = 1 ]
	point $? "a sandbox whose device cannot be silenced is not restarted" "life $(fact broken core.5.launches)"
	[ "$(grep -c '^core\.5\.fault\.[0-9]* lock-timeout .*address=0x0 ' "$dir/broken.facts")" = 1 ]
	point $? "its monitor says why" "$(grep '^core.5.fault' "$dir/broken.facts")"
}

broken() { # EMULATOR IMAGE DEVICE OWNED OPTION...: devices for the one that reads PCI configuration and that is restarted
	local on=$1 image=$2 device=$3 owned=$4
	shift 4
	make_system tests/isolation/broken.yaml broken "DEVICE=$device" "OWNED=$owned" &&
		run_system "$on" broken --poke "$(no_code "$image" 0)" --poke "$(no_code "$image" 2)" \
			--poke "$(region machine 0)=$holder_is_dead" --until "locked|done" --until "witness|had no exit" \
			--until-core 0=dead --until-core 1=faulted --until-core 2=dead "$@"
	relay broken locked
	relay broken witness
	[ "$(fact broken core.0.state)" = dead ] && [ "$(fact broken core.2.state)" = dead ]
	point $? "a monitor that jumps to nowhere stops its core" "$(fact broken core.0.state) $(fact broken core.2.state)"
	case $(fact broken core.0.panic) in 'exception 14 '*' at 0 address 0') true ;; *) false ;; esac
	point $? "its last words stand in the black box" "$(fact broken core.0.panic)"
	[ "$(fact broken core.1.state)" = faulted ] && [ "$(fact broken core.1.launches)" = 1 ]
	point $? "a sandbox with a silent core goes down and is not restarted" "life $(fact broken core.1.launches)"
	[ "$(grep -c '^core\.1\.fault\.[0-9]* mail-timeout .*address=0x2 ' "$dir/broken.facts")" = 1 ]
	point $? "the core that did not answer is recorded once" "$(grep '^core.1.fault' "$dir/broken.facts")"
	[ "$(grep -c '^core\.3\.fault\.[0-9]* lock-timeout .*address=0x0 ' "$dir/broken.facts")" = 1 ]
	point $? "the stuck lock is recorded once" "$(grep '^core.3.fault' "$dir/broken.facts")"
	[ "$(fact broken core.3.state)" = running ] && [ "$(fact broken core.3.faults)" = 1 ]
	point $? "the sandbox that needed it runs on"
	owner "$owned"
	grep -q 'sandbox dead faulted' "$dir/broken.out"
	point $? "the run says that the sandbox with the failed monitor faulted" "$(tail -n 3 "$dir/broken.out")"
	plan
}
