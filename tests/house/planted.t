#!/bin/bash
# SPDX-License-Identifier: MIT
# The house checkers see what they are for: each rule is broken once in a copy, and the checker must name the place.
set -u
cd "$(dirname "$0")/../.." || exit 1
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
n=0
point() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; head -n 5 "$d/out" | sed 's/^/# /'; fi
}

# A copy of the tree without build/, in a repository of its own.
git ls-files --cached --others --exclude-standard | while read -r f; do [ ! -f "$f" ] || echo "$f"; done >"$d/list"
mkdir "$d/tree"
tar -cf - -T "$d/list" | tar -xf - -C "$d/tree"
(cd "$d/tree" && git init -q . && git add -A) || exit 1

style() { # NAME EXPECTED FILE TEXT: the file is added, checked, removed
	mkdir -p "$(dirname "$d/tree/$3")"
	printf '%b' "$4" >"$d/tree/$3"
	(cd "$d/tree" && mk/check-style >"$d/out" 2>&1)
	[ $? != 0 ] && grep -qF -- "$2" "$d/out"
	point $? "$1"
	rm "$d/tree/$3"
}
(cd "$d/tree" && mk/check-style >"$d/out" 2>&1); point $? "the tree as it is passes"
head='/* SPDX-License-Identifier: MIT */\n'
style "a file without a licence line" "lib/x.c:1: no SPDX line" lib/x.c 'int x;\n'
style "a patch without a licence line" "proofs/x/x.patch:1: no SPDX line" proofs/x/x.patch '--- a/x\n+++ b/x\n'
style "a system file without a licence line" "x.yaml:1: no SPDX line" tests/system/good/x.yaml 'system: x\n'
style "a preprocessor branch in a function" "lib/x.c:4: preprocessor branch" lib/x.c "${head}int x(void)\n{\n#if X\n#endif\n\treturn 0;\n}\n"
style "a function of 101 lines" "x has 101 lines" lib/x.c "${head}int x(void)\n{\n$(yes '\t;\n' | head -n 97 | tr -d '\n')\treturn 0;\n}\n"
style "a file of 1000 lines" "lib/x.c:1000: a file has fewer" lib/x.c "${head}$(yes '\n' | head -n 999 | tr -d '\n')"
style "a very long line" "lib/x.c:2: line of more than" lib/x.c "${head}/* $(yes x | head -n 115 | tr -d '\n') */\n"
style "assembly in lib" "asm in lib" lib/x.c "${head}void x(void);\nvoid x(void)\n{\n\t__asm__(\"hlt\");\n}\n"
style "a vendor named in common code" "monitor/common/x.c:2: a vendor" monitor/common/x.c "${head}int x_vmcs, vmcs;\n"

mkdir "$d/build"
cp -r build/low build/high build/kernel build/vdso build/host build/rooms.mk build/*.elf "$d/build/"
[ ! -d build/linux ] || { mkdir "$d/build/linux"; cp build/linux/*.d "$d/build/linux/"; }
rooms() { B=$d/build mk/check-rooms >"$d/out" 2>&1; }
rooms; point $? "the build as it is passes"
plant() { # NAME EXPECTED OBJECT SOURCE: compiled into a room of the copy
	printf '%b' "$4" | gcc -x c -ffreestanding -c -o "$d/build/$3" - && rooms
	[ $? != 0 ] && grep -qF -- "$2" "$d/out"
	point $? "$1"
	rm -f "$d/build/$3"
}
printf 'void planted(void);\nvoid planted(void) { }\n' | gcc -x c -c -o "$d/build/high/monitor/svm/planted.o" -
leave() { # NAME EXPECTED SOURCE: an object of Quest that stays
	printf "$3" | gcc -x c -ffreestanding -ffunction-sections -c -o "$d/build/kernel/kernel/base/planted.o" -
	B=$d/build mk/check-init >"$d/out" 2>&1
	[ $? = "$2" ]
	point $? "$1"
	rm "$d/build/kernel/kernel/base/planted.o"
}
leave "code that stays, without code of the boot" 0 'void x(void);\nvoid x(void) { }\n'
leave "code that stays and calls code of the boot" 1 'void time_init(void);\nvoid x(void);\nvoid x(void) { time_init(); }\n'
leave "a table that stays and has code of the boot" 1 'void time_init(void);\nvoid (*x)(void) = time_init;\n'
plant "a back end's symbol used by common code" "room monitor/common uses planted of monitor/svm" high/monitor/common/x.o \
	'void planted(void);\nvoid x(void);\nvoid x(void) { planted(); }\n'
rm "$d/build/high/monitor/svm/planted.o"
plant "a contract symbol that one back end lacks" "mon_backend_planted" high/monitor/svm/x.o \
	'void mon_backend_planted(void);\nvoid mon_backend_planted(void) { }\n'
echo 'build/high/monitor/vmx/x.o: monitor/vmx/x.c monitor/vmx/../svm/svm.h' >"$d/build/high/monitor/vmx/x.d"
rooms; [ $? != 0 ] && grep -qF "room monitor/vmx includes monitor/svm/svm.h" "$d/out"; point $? "a header reached by ../"
rm "$d/build/high/monitor/vmx/x.d"
echo 'boot : abi lib hw kernel' | mk/rooms-to-make >"$d/out" 2>&1; [ $? != 0 ]; point $? "a rule that names an unknown room"
printf 'abi:\nabi:\n' | mk/rooms-to-make >"$d/out" 2>&1; [ $? != 0 ]; point $? "a room given twice"
echo "1..$n"
