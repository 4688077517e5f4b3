# SPDX-License-Identifier: MIT
# Sourced by the shell tests: types at an interactive shell and waits for what it answers, never for time to pass.
# A session has a folder with: keys (a FIFO), screen (all that the terminal got).

begin() { # FOLDER COMMAND: the terminal is script's; session becomes FOLDER
	session=$1
	mkdir -p "$session"
	mkfifo "$session/keys"
	: >"$session/screen"
	exec 3<>"$session/keys"
	script -qfec "$2" "$session/screen" <"$session/keys" >/dev/null 2>&1 3>&- &
	terminal=$!
}

keys() { printf '%b' "$1" >&3; }

finish() { # KEYS: what ends the session
	keys "$1"
	wait "$terminal"
	exec 3>&-
}

# What the shell asks the terminal behind its prompt (where is the cursor?) is not shown.
on_prompt() {
	local last
	last=$(tail -c 40 "$session/screen" | sed 's/\x1b\[6n$//')
	[ "${last%"$1"}" != "$last" ]
}

# Looked at four times a second while the terminal lives.
await() { # CONDITION...
	until "$@"; do
		kill -0 "$terminal" 2>/dev/null || return 1
		sleep 0.25
	done
}

prompt() { await on_prompt "${1:-quest# }"; }
no_prompt() { ! on_prompt 'quest# '; }
lines() { [ "$(grep -c -- "$2" "$session/screen")" -ge "$1" ]; } # N TEXT
shown() { grep -q -- "$1" "$session/screen"; }

type_line() { # KEYS: typed at a prompt, then Enter
	prompt || return 1
	keys "$1"
	await no_prompt || return 1
	keys '\r'
}

ask() { type_line "$1" && prompt; }

# What is answered in the same way everywhere. Each step is one line of KEYS; what goes on while a program runs follows it.
common_steps() {
	ask 'echo hello | tr a-z A-Z'
	ask 'false; echo $?'
	ask 'seq 50 | grep 1 | sort -r | head -n 3 | wc -l'
	ask 'mkdir tree; cd tree; : >unique_name; ls'
	ask 'eho edited\001\001\033[Cc' # home (the second one is for the runner, which takes the first), right
	ask 'echo one twoX\177 three\027four' # erase a letter, erase a word
	ask 'garbage\025echo kept \033[D\033[D\013t' # erase the line; cut the end off
	ask 'echo \033[A\033[B'
	ask '\033[A\033[A' # history
	ask 'echo uni\t' # completion
	type_line "echo be''gin0; cat" && await shown begin0 && keys 'typed\r' && await lines 2 typed && keys '\004' && prompt
	type_line "echo be''gin3;"' while read -r l; do echo "<$l>"; done' && await shown begin3 && keys 'x y\r' && await shown '<x y>' && keys '\004' && prompt
	type_line "sh -c 'echo be''gin1; sleep 1000'" && await shown begin1 && keys '\003' && prompt
	ask 'echo $?'
	type_line "sh -c 'echo be''gin2; read x; echo got \$x'" && await shown begin2 && keys '\032' && prompt
	ask 'jobs'
	type_line 'fg' && await lines 3 'echo got ..x"' && keys 'a line\r' && await shown 'got a line' && prompt
	type_line "sh -c 'kill -STOP \$\$; echo >later'" && prompt
	ask 'bg'
	ask 'wait; ls'
	ask 'sleep 1000 &'
	ask 'jobs'
	ask 'kill %1; wait; echo waited'
	ask 'jobs; echo none'
	ask '(sleep 0.1; exit 3) & wait $!; echo $?'
	ask 'trap "echo caught" INT; kill -INT $$; trap - INT'
	ask 'sleep 0.1 | false | cat; echo $?'
	ask 'nosuchprogram; echo $?'
	type_line 'cat <<END' && prompt '> ' && keys 'here $((6*7))\rEND\r' && prompt
	ask 'cd ..; rm -r tree; ls tree'
	ask 'echo last'
}
