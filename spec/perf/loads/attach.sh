#!/bin/sh
# SPDX-License-Identifier: MIT
# attach.sh SOCKET LIST OUT SERVER...: starts a server that speaks scamper's control protocol on a
# unix socket, lets sc_attach trace a list of addresses through it, and prints the CPU time of the
# server and its children in that time, "cpu=SECONDS". The server has CPU 0, sc_attach CPU 1.
set -eu
socket=$1 list=$2 out=$3
shift 3
mkdir -p /var/empty
rm -f "$socket"
taskset -c 0 "$@" >/dev/null 2>&1 &
pid=$!
trap 'kill "$pid"; wait' EXIT
# Fields 14 and 15 of stat: user and system time in ticks.
ticks() {
  for p in "$pid" $(pgrep -P "$pid"); do cut -d' ' -f14,15 "/proc/$p/stat"; done |
    awk '{ n += $1 + $2 } END { print n }'
}
tries=0
while [ ! -S "$socket" ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ]
  sleep 0.1
done
sleep 0.5
before=$(ticks)
taskset -c 1 sc_attach -U "$socket" -c 'trace -P icmp-paris -q 1 -w 1 -m 30 -g 16' -i "$list" -o "$out"
after=$(ticks)
echo "cpu=$(awk "BEGIN { print ($after - $before) / $(getconf CLK_TCK) }")"
