#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds mtrp_driver and runs mtrp.lua, with its arguments, then mtrp_client.lua, in a network of
# its own.
set -eu
cd "$(dirname "$0")/../../.."
if [ "${MTRP_ALONE-}" != 1 ]; then
  root=$([ "$(id -u)" = 0 ] || echo -r)
  MTRP_ALONE=1 exec unshare $root -n sh "$0" "$@"
fi
ip link set lo up
mkdir -p build/perf
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wconversion -Werror \
  -o build/perf/mtrp_driver spec/perf/yardsticks/mtrp_driver.c
status=0
LUA_PATH='./?.lua;;' luajit spec/perf/loads/mtrp.lua "$@" || status=1
echo "as a client of mtr-packet, beside the driver with the same window:"
# mtrlua itself drops the privilege that the driver's mtr-packet needs.
LUA_PATH='build/lua/?.lua;build/lua/?/init.lua;lua/?.lua;lua/?/init.lua;./?.lua;;' \
  luajit spec/perf/loads/mtrp_client.lua window=256 runs=3 || status=1
exit "$status"
