# SPDX-License-Identifier: MIT
# What restarts-qemu.t and restarts-bochs.t do.
. "$(dirname "$0")/common.sh"

flood() { # EMULATOR LIVES GAP_US OPTION...
	local on=$1 lives=$2 gap=$3
	shift 3
	make_system tests/isolation/flood.yaml flood "LIVES=$lives" "GAP=$gap" &&
		run_system "$on" flood --until "flood|done" "$@"
	relay flood flood
	[ "$(fact flood core.0.launches)" = "$lives" ]
	point $? "three cores that flood each other were restarted until life $lives" "$(fact flood core.0.launches)"
	for core in 1 2; do
		[ "$(fact flood core.$core.launches)" = $((lives - 1)) ]
		point $? "core $core started once in each life but the last" "$(fact flood core.$core.launches)"
	done
	[ "$(fact flood sandbox.flood.faults)" = 0 ]
	point $? "no restart ended in a fault" "$(grep '^core.[012].fault' "$dir/flood.facts")"
}

promise() { # EMULATOR CORES ROUNDS PERIOD_US STEP_CYCLES OPTION...
	local on=$1 cores=$2 rounds=$3 period=$4 step=$5 promised
	shift 5
	make_system tests/isolation/promise.yaml promise "CORES=$cores" "ROUNDS=$rounds" "PERIOD=$period" "STEP=$step" &&
		run_system "$on" promise --until "restarts|done" "$@"
	promised=$(fact promise sandbox.restarts.word.0)
	[ "${promised:-0}" = "$rounds" ]
	point $? "each of $rounds restarts of a sandbox that stops itself is promised" "$promised; $(tail -n 3 "$dir/promise.out")"
	[ "$(fact promise core.0.launches)" = $((promised + 1)) ]
	point $? "and each promise is kept" "$promised promised, $(fact promise core.0.launches) lives"
	[ "$(fact promise sandbox.stops.faults)" = 0 ]
	point $? "without a fault"
}
