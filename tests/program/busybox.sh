#!/bin/sh
# SPDX-License-Identifier: MIT
# What a shell and its tools do, with the same answer on Linux and in a Quest sandbox. Argument: a folder to work in.
work=$1
export PATH=$work/bin LC_ALL=C TZ=UTC
busybox=/bin/busybox
$busybox mkdir -p "$work/bin" "$work/data"
$busybox --install -s "$work/bin"
cd "$work/data" || exit 1
umask 022

part() { echo "part $1"; }

part links
ls -l "$work/bin/ls" | grep -q -- '-> .*/bin/busybox$' && echo "applets are links"
[ "$(ls "$work/bin" | wc -l)" -gt 200 ] && echo "more than 200 of them"

part redirections
echo one >a; echo two >>a; echo three >>a
cat a
cat <a | wc -l
cat nothing 2>&1 | sed 's/^[^:]*: //'
{ echo out; echo err >&2; } >both 2>&1; cat both
exec 5>five; echo "to five" >&5; exec 5>&-; cat five
: >empty; [ -s empty ] || echo "empty is empty"
( set -C; echo x >a ) 2>/dev/null || echo "noclobber holds"

part "here documents"
word=value
cat <<END
expanded $word $((6 * 7))
END
cat <<'END' | tr a-z A-Z
not expanded $word
END

part globbing
touch x1.c x2.c x3.h .hidden
mkdir -p deep/er/est; touch deep/er/f1 deep/er/est/f2
echo *.c; echo x?.[ch]; echo .h*; echo none*; echo deep/*/f*; echo */

part substitution
echo "lines: $(wc -l <a | tr -d ' ')"
echo "nested $(echo $(echo deep))"
var=path/to/file.txt; echo "${var##*/} ${var%.txt} ${#var} ${unset:-default}"
set -- p q r; echo "$# $* $1"; shift; echo "$@"

part control
for i in 1 2 3; do [ $i = 2 ] && continue; echo "for $i"; done
i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo "while $i"
case abc in a*) echo "case matches" ;; *) echo no ;; esac
f() { local v=inner; echo "f $1 $v"; return 3; }; f arg; echo "returned $?"
false || echo or; true && echo and; ! false && echo not
( exit 7 ); echo "status $?"
sh -c 'kill -9 $$' 2>/dev/null; echo "killed $?"
nosuchcommand 2>/dev/null; echo "not found $?"

part pipes
seq 1 1000 | grep 7 | wc -l
seq 100000 | tail -n 1
yes | head -n 3
seq 20 | tee copy | wc -l; wc -l <copy
printf 'b 2\na 1\nc 3\n' | sort | awk '{ s += $2; print NR, $1 } END { print "sum", s }'
dd if=/dev/zero bs=1024 count=300 2>/dev/null | md5sum
dd if=/dev/zero bs=65536 count=20 2>/dev/null >big; wc -c <big; md5sum <big; rm big

part jobs
sleep 0.2 & pid=$!
wait $pid; echo "waited $?"
( exit 5 ) & wait $!; echo "waited $?"
for i in 1 2 3 4 5; do ( echo "job $i" >"job.$i" ) & done; wait; cat job.*
sleep 100 & kill $!; wait $! 2>/dev/null; echo "ended by $?"

part traps
sh -c 'trap "echo caught usr1" USR1; kill -USR1 $$; echo after'
sh -c 'trap "echo at exit" EXIT; echo body'
sh -c 'trap "" TERM; kill -TERM $$; echo survived'
sh -c 'trap "echo term; exit 9" TERM; ( sleep 0.2; kill -TERM $$ ) & while :; do sleep 0.05; done'; echo "status $?"
timeout 0.3 sleep 100; echo "timeout $?"

part text
printf 'alpha\nbeta\ngamma\ndelta\n' >w
grep -n a$ w | head -n 2; grep -c t w; grep -v a w; echo "none $?"
sed -n '2,3p' w; sed 's/\(.\)a/\1A/g; /delta/d' w
awk -F: '{ printf "%s-%d\n", toupper($1), length($1) }' w
sort -r w; sort -k1.2 w | head -n 1
cut -c1-2 w | tr '\n' ' '; echo; rev w | head -n 1; nl w | head -n 2
printf 'a\na\nb\n' | uniq -c | sed 's/^ *//'; seq 5 | paste -s -d+ - 2>/dev/null; expr 3 \* 4
diff a w >/dev/null; echo "diff $?"; diff a a && echo same; cmp a w | head -c 10; echo
od -c a | head -n 1; hexdump -C a | head -n 1; echo hello | base64; echo 2 3 + p | dc; echo abc | sha256sum
printf '%5d|%-5s|%x\n' 42 ab 255

part files
cp a b; mv b c; ls -1; [ -e b ] || echo "b is gone"
ln -s c link; readlink link; cat link | head -n 1; ln c hard; stat -c '%n %s %h %F %a' c link; stat -c '%n %F %a' deep
chmod 640 c; stat -c %a c; rm hard link c; ls -1a deep
find . -name '*.c' | sort; find deep -type f | sort; find . -type d | sort; find . -type f -size 0 -name e\* -exec echo found {} \;
cp -r deep copied; find copied | sort; rm -r copied; rm -rf nothing; rmdir deep 2>/dev/null || echo "not empty"
tar cf t.tar deep a; tar tf t.tar | sort; mkdir un; tar xf t.tar -C un; diff -r deep un/deep && echo "tar is faithful"
gzip -c a | gunzip | cmp - a && echo "gzip is faithful"; echo x | gzip | gzip -dc
find deep -type f | sort | xargs ls -1; find . -name 'x*' | sort | xargs -n 1 echo arg
touch -d '2001-02-03 04:05:06' old; ls -l old | awk '{ print $6, $7, $8 }'; touch -d '2001-02-03 04:05:05' older; [ old -nt older ] && echo newer
truncate -s 100 t; wc -c <t; du -a deep >/dev/null && echo du; df . >/dev/null && echo df
basename /x/y.c .c; dirname /x/y.c; pwd | sed "s|$work||"; realpath deep/../a | sed "s|$work||"
test -d deep -a -f a && echo test

part fifos
mkfifo f && ls -l f | cut -c1-10; [ -p f ] && echo "a fifo"; stat -c %F f
(for i in 1 2 3; do echo "line $i"; done >f) & cat f; wait
seq 100 >f & while read -r n; do sum=$((${sum:-0} + n)); done <f; echo "sum $sum"; wait
exec 3<>f; echo kept >&3; read -r word <&3; echo "$word"; exec 3>&-
rm f; [ -e f ] || echo "removed"
diff <(seq 3) <(seq 4) | tail -n 1; cat <(echo one) <(echo two); echo written > >(cat); sleep 1
echo piped | cat /dev/stdin; echo out >/dev/stdout; echo err 2>&1 >/dev/stderr | cat; cat /dev/fd/4 4<a
ls -l /proc/self/fd 0</dev/null 2>/dev/null | grep -o ' 0 -> .*'; readlink /proc/self/fd/5 5</dev/null; [ -t 0 ] </dev/null || echo "no terminal"

part programs
env -i A=1 "$work/bin/env"; (export B=2; env | grep ^B); echo "$HOME" | wc -c | tr -d ' ' >/dev/null
nohup echo hup 2>/dev/null; time -p true 2>/dev/null; echo "time $?"
echo 'echo script $1' >s; chmod +x s; ./s word; printf '#!/bin/busybox sh\necho "by name $0"\n' >s2; chmod +x s2; ./s2
echo '#!/bin/busybox echo' >inner; echo "#!$(pwd)/inner second" >outer; chmod +x inner outer; ./outer third | sed "s|$(pwd)||"
date -d @86400 '+%Y-%m-%d %H:%M'; cal 2 2000 | head -n 1 | tr -d ' '
id -u >/dev/null && echo id; uname -m; tty </dev/null
seq 3 | while read -r n; do echo "read $n"; done
IFS=: read -r first rest <<END
a:b:c
END
echo "$first $rest"
eval 'echo "evaluated"'; . ./s; getopts ab: o -b arg && echo "option $o $OPTARG"
ulimit -n >/dev/null && echo ulimit
which ls | sed "s|$work||"; type cd; command -v sed | sed "s|$work||"

part processes
cat /proc/self/comm; tr '\0' ' ' </proc/self/cmdline | grep -o '/busybox.sh .*' | cut -c1-12
ps | grep -q '[s]h' && echo "ps shows a shell"
sleep 50 & n=0; until ps -o args | grep -q '^sleep 50' || [ $n = 99 ]; do n=$((n + 1)); done
[ $n != 99 ] && echo "ps shows arguments"; pidof sleep | grep -q . && echo pidof; kill $!
top -b -n 1 | grep -q '^ *PID' && echo top
free | awk '/^Mem:/ && $2 > 10000 && $4 > 0 { print "free" }'
uptime | grep -q 'load average' && echo uptime
readlink /proc/self/exe | grep -o busybox
part end
