# SPDX-License-Identifier: MIT
# Sourced by bench: groups sched, syscall and latency. The same program (user/apps/bench.c) runs in a Quest sandbox, in Quest
# alone on the machine (--bare), in Debian's stock kernel and in its PREEMPT_RT kernel. Always one busy core, one instruction =
# 1 ns, no fast string instructions (the emulator counts those by the byte), fixed seed and clock. Linux runs on the emulated
# machine itself, without hypervisor: that is the best it can do.
quoted=tools/bench/quoted.txt # what a comparison kernel gave when it could be had
linux_limit=1800              # seconds of the host

# ---- runs: each has a folder of its own under $scratch ----

value() { # RUN KEY: `KEY NUMBER` at the end of a line of its console
	tr -d '\r' 2>/dev/null <"$scratch/$1/log" | awk -v k="$2" 'NF > 1 && $(NF - 1) == k { v = $NF } END { print v }'
}

count() { awk -v k="$2" '$1 == k { print $2; f = 1 } END { if (!f) print "-" }' "$scratch/$1/facts"; } # RUN FACT

# A program that failed says `over: failed`, so that nobody waits for what never comes.
run_program() { # WORD SYSTEM ARGUMENTS...
	local word=$1
	shift
	boot "$@" --until "quest|$word over" && ! grep -q "$word over: failed" "$scratch/log"
}
run_calls() { run_program bench tools/bench/calls.yaml --icount --wall 900; }
run_latency() { run_program bench tools/bench/latency.yaml --icount --wall 1800; }
run_bare_calls() { bare=1 run_calls; }
run_bare_latency() { bare=1 run_latency; }
run_vtx_calls() { run_program bench tools/bench/calls.yaml --on bochs --wall 1800; }
run_decisions() { boot tests/kernel/sched.yaml --icount --until 'sched|done' --wall 900; }
# A process with 256 MiB that forks, executes, exits, maps: the longest way of the kernel without a preemption point.
run_sections() {
	sed 's/@MIB@/256/' tests/program/sections.yaml >"$scratch/sections.yaml"
	run_program sections "$scratch/sections.yaml" --icount --wall 900 && loop_in_time
}

# Of the loop beside it no period may be missed, else its figures are not those of a kernel that keeps its promises.
loop_in_time() {
	local key n
	for key in loop_late loop_missed; do
		n=$(value . $key)
		[ "$n" = 0 ] && continue
		echo "sections: $key is ${n:-missing}, not 0: the loop beside 256 MiB was late" >"$scratch/out"
		return 1
	done
}

linux_calls() { linux_run "$1" run:/bin/bench; } # KERNEL
linux_latency() { linux_run "$1" run:/bin/bench:latency:1000:10000; }
run_stock_calls() { linux_calls stock; }
run_stock_latency() { linux_latency stock; }
run_rt_calls() { linux_calls rt; }
run_rt_latency() { linux_latency rt; }

linux_run() { # KERNEL STEP
	linux/initramfs/pack "$scratch/initrd.gz" /bin/busybox build/linux/qv-init build/linux/qv-ready build/programs/bench \
		>"$scratch/out" 2>&1 &&
	timeout --foreground "$linux_limit" "$qemu" -machine q35 -accel tcg -cpu max,-erms,-fsrm -smp 1 -m 512 -nodefaults -display none \
		-no-reboot -serial "file:$scratch/log" -icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm \
		-kernel "build/linux/$1/vmlinuz" -initrd "$scratch/initrd.gz" \
		-append "console=ttyS0,115200 quiet panic=-1 qv.run=$2,poweroff" >"$scratch/out" 2>&1 </dev/null &&
	grep -q 'bench over' "$scratch/log" && ! grep -q 'bench over: failed' "$scratch/log"
}

# Debian's kernels come as packages, once. Without a network their figures are quoted.
comparison_kernels() {
	local kernel
	for kernel in stock:linux-image-amd64 rt:linux-image-rt-amd64; do
		mk/setup-linux "build/linux/${kernel%%:*}" "${kernel#*:}" >"$scratch/out" 2>&1 && continue
		cat "$scratch/out" >&2
		say "bench: $(quoting) (${kernel#*:})"
		return 1
	done
}

quoting() { sed -n 's/^# quoted: //p' "$quoted"; }

from_linux=1
runs_of() { # GROUP
	case $1 in
	latency) echo "latency bare_latency ${from_linux:+rt_latency stock_latency}" ;;
	syscall) echo "calls bare_calls vtx_calls ${from_linux:+rt_calls stock_calls}" ;;
	sched) echo "calls decisions sections" ;;
	calls) echo calls ;;
	wakeups) echo latency ;;
	esac
}

# RUN...: two at a time (fewer with one processor), each with its own process group, so that all end with this script.
run_all() {
	local slots=2 name pid
	[ "$(nproc)" -ge 2 ] || slots=1
	set -m
	for name; do
		while [ "$(jobs -rp | wc -l)" -ge $slots ]; do wait -n; done
		mkdir -p "$scratch/$name"
		say "running $name"
		(scratch=$scratch/$name; "run_$name"; echo $? >"$scratch/status") &
	done
	wait
	set +m
}

end_runs() {
	local pid
	for pid in $(jobs -p); do kill -- "-$pid" 2>/dev/null; done
}

check_runs() { # RUN...
	local name
	for name; do
		[ "$(cat "$scratch/$name/status" 2>/dev/null)" = 0 ] || missing "$name" "$scratch/$name"
	done
}

# Everything that these groups need, the longest first.
measure() { # GROUP...
	local group wanted=
	case " $* " in *' latency '*|*' syscall '*) comparison_kernels || from_linux= ;; esac
	for group in latency syscall sched calls wakeups; do
		case " $* " in *" $group "*) wanted="$wanted $(runs_of $group)" ;; esac
	done
	wanted=$(echo $wanted | tr ' ' '\n' | awk '!seen[$0]++')
	run_all $wanted
	check_runs $wanted
}

# ---- results ----

system_of() { # RUN: its word in the keys
	case $1 in calls|latency) echo quest ;; *) echo "${1%_*}" | sed 's/stock/linux/' ;; esac
}

quote() { # KEY: from the table of quoted figures; not every figure is in it
	local number
	number=$(awk -v k="$1" '$1 == k { print $2 }' "$quoted")
	[ -z "$number" ] || result "$1" "$number"
}

figures() { # GROUP RUN UNIT NAME...: results GROUP.SYSTEM_NAME and UNIT
	local group=$1 run=$2 unit=$3 name key system
	system=$(system_of "$run")
	shift 3
	for name; do
		key=$group.${system}_$name$unit
		case ${from_linux:-$system} in
		rt|linux) quote "$key" ;;
		*) result "$key" "$(value "$run" "$name")" ;;
		esac
	done
}

group_wakeups() { # Quest's part of the group latency
	figures latency latency _ns idle_max load_max idle_mean load_mean
	result latency.quest_exits "$(count latency core.0.after_ready)"
}

group_latency() {
	local run
	group_wakeups
	for run in bare_latency rt_latency stock_latency; do
		figures latency $run _ns idle_max load_max idle_mean load_mean
	done
}

calls="null write_null clock pipe fork_exec fork_exit fault process_bytes thread_bytes"

group_calls() { # Quest's part of the groups syscall and sched
	figures syscall calls '' $calls
	result syscall.quest_exits "$(count calls core.0.after_ready)"
	result switch.futex_pingpong "$(value calls futex_pingpong)"
	result switch.yield "$(value calls yield)"
	result switch.same_process "$(value calls switch_same_process)"
	result switch.two_processes "$(value calls switch_two_processes)"
	result switch.same_process_worst "$(value calls switch_same_process_worst)"
	result switch.two_processes_worst "$(value calls switch_two_processes_worst)"
	result switch.handover_same_process "$(value calls handover_same_process)"
	result switch.handover_two_processes "$(value calls handover_two_processes)"
}

group_syscall() {
	local run
	group_calls
	for run in bare_calls rt_calls stock_calls; do figures syscall $run '' $calls; done
	vtx_exits
}

# CPUID is counted apart: on VT-x the processor itself leaves the guest for it.
vtx_exits() {
	local all cpuid
	all=$(count vtx_calls core.0.after_ready)
	cpuid=$(count vtx_calls core.0.exit_after_ready.cpuid)
	[ "$cpuid" != - ] || cpuid=0
	result syscall.vtx_cpuid_exits "$cpuid"
	[ "$all" != - ] || missing syscall.vtx_exits "$scratch/vtx_calls"
	result syscall.vtx_exits $((all - cpuid))
}

group_sched() {
	local n
	group_calls
	for n in 4 16 64 256 1000; do
		result sched.decision_$n "$(value decisions decision_$n)"
	done
	result sched.overhead_24_permille "$(value decisions overhead_24_ppm | awk 'NF { print $1 / 1000 }')"
	result sched.max_nonpreempt "$(value sections max_nonpreempt)"
	result sched.max_lock_held "$(value sections max_lock_held)"
	result trace.record "$(value decisions trace_record)"
}
