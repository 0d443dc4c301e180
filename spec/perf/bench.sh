#!/bin/sh
# SPDX-License-Identifier: MIT
# `make bench`: builds the yardstick and the allocation counter, then runs bench.lua where a lab can
# be made: as root, else in a user namespace of its own. Whatever happens, the lab goes.
set -eu
cd "$(dirname "$0")/../.."
if [ "$(id -u)" != 0 ]; then
  exec unshare -rnm sh "$0" "$@"
fi
flags='-std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wconversion -Werror'
mkdir -p build/perf
${CC:-cc} $flags -o build/perf/bare spec/perf/bare.c
${CC:-cc} $flags -fPIC -shared -o build/perf/malloc_count.so spec/perf/malloc_count.c
id=mtrbench-$$
trap 'spec/lab/lab down --id "$id"' EXIT
trap 'exit 130' INT TERM HUP
status=0
LUA_PATH='./?.lua;;' luajit spec/perf/bench.lua "$id" || status=1
echo
echo "mtr-packet's protocol, served by us and by mtr-packet itself"
sh spec/perf/mtrp.sh || status=1
exit "$status"
