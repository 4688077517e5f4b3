#!/bin/bash
# SPDX-License-Identifier: MIT
# timeout: 900
# Lua 5.4 in a Quest sandbox: scripts on every part of it print there what they print on Linux, and Lua's own test suite,
# where mk/setup-lua --suite has fetched it, under --long.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.sh

in_sandbox() { # FILES RUN WALL
	sed "s|@FILES@|$1|; s|@RUN@|$2|; s|tests/program/lua.sh|$PWD/&|" tests/program/lua.yaml >"$scratch/system.yaml"
	build/questc pack "$scratch/system.yaml" -o "$scratch/blob" >"$out" 2>&1 || return 1
	boot "$scratch/blob" --until "quest|lua ended with status" --wall "$3" || return 1
	sed -n 's/^ *quest *| //p' "$scratch/log" | sed '1,/^initrd: /d' >"$scratch/quest"
}

on_linux() { # FOLDER ARGUMENTS
	rm -rf "$scratch/linux"; cp -r "$1" "$scratch/linux"
	(cd "$scratch/linux" && LC_ALL=C TZ=UTC timeout 300 "$OLDPWD/build/programs/lua" "${@:2}" 2>&1 </dev/null
		echo "lua ended with status $?") >"$scratch/host"
}

part() { # FILE NAME
	sed -n "/^part $2\$/,/^part /p" "$1" | sed '1d; $d'
}

on_linux tests/program/lua all.lua
in_sandbox tests/program/lua /lua,all.lua 240
point $? "the scripts run to their end"
# The names are the folder's: a run that printed nothing has no part that is the same.
for name in $(basename -s .lua tests/program/lua/*.lua | grep -vx all); do
	diff <(part "$scratch/host" "$name") <(part "$scratch/quest" "$name") >"$out" && grep -qx "part $name" "$scratch/host"
	point $? "$name: as on Linux, $(part "$scratch/host" "$name" | wc -l) lines"
done
grep -qx 'lua ended with status 0' "$scratch/quest" && grep -qx 'lua ended with status 0' "$scratch/host"
point $? "Lua ends with status 0"
is core.0.after_ready = 0 "no exit after ready"

# The end of Lua's own suite: times and addresses differ, verdicts do not.
verdict() { grep -aE '^(final OK|lua ended|.*: .*(assertion failed|attempt to|stack traceback))' "$1"; }

if [ "${QUEST_LONG:-0}" = 1 ] && [ -s build/tools/lua/tests/all.lua ]; then
	on_linux build/tools/lua/tests -e_U=true all.lua
	in_sandbox build/tools/lua/tests /tests,-e_U=true,all.lua 400
	diff <(verdict "$scratch/host") <(verdict "$scratch/quest") >"$out" && grep -aq 'final OK' "$scratch/quest"
	point $? "Lua's own suite ends as on Linux"
else
	point 0 "Lua's own suite # SKIP it runs with --long, after mk/setup-lua --suite has fetched it from its authors' site"
fi
plan
