#!/bin/sh
# SPDX-License-Identifier: MIT
# `make bench`: builds the yardsticks and the allocation counter, then runs bench.lua, with the
# words given (see there), where a lab can be made: as root, else in a user namespace of its own.
# Whatever happens, the labs go: those of a bench that was killed are stale.
set -eu
cd "$(dirname "$0")/../.."
if [ "$(id -u)" != 0 ]; then
  exec unshare -rnm sh "$0" "$@"
fi
flags='-std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wconversion -Werror'
mkdir -p build/perf
${CC:-cc} $flags -o build/perf/bare spec/perf/yardsticks/bare.c
${CC:-cc} $flags -o build/perf/flood spec/perf/yardsticks/flood.c
${CC:-cc} $flags -o build/perf/mtrp_driver spec/perf/yardsticks/mtrp_driver.c
${CC:-cc} $flags -fPIC -shared -o build/perf/malloc_count.so spec/perf/yardsticks/malloc_count.c
trap 'spec/lab/lab down --stale' EXIT
trap 'exit 130' INT TERM HUP
LUA_PATH='./?.lua;;' luajit spec/perf/bench.lua "$@"
