#!/bin/sh
# SPDX-License-Identifier: MIT
# live.sh SECONDS COMMAND...: runs a program with a full screen on a terminal of its own, for so many
# seconds after 4 seconds of warming up, then ends it. Prints the CPU time of it and its children in
# that time, "cpu=SHARE", a share of one core. script(1) is of Debian's bsdutils.
set -eu
seconds=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/run" <<END
stty cols 120 rows 40
echo \$\$ >$dir/pid
exec $*
END
TERM=xterm script -qfc "sh $dir/run" /dev/null </dev/null >/dev/null &
sleep 4
pid=$(cat "$dir/pid")
# Fields 14 to 15 of stat: its user and system time in ticks; of its children while they live too.
ticks() {
  for p in "$pid" $(pgrep -P "$pid"); do cut -d' ' -f14,15 "/proc/$p/stat"; done |
    awk '{ n += $1 + $2 } END { print n }'
}
before=$(ticks)
sleep "$seconds"
after=$(ticks)
kill "$pid"
wait
echo "cpu=$(awk "BEGIN { print ($after - $before) / $(getconf CLK_TCK) / $seconds }")"
