#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks a ClickHouse server into a directory, for specs: clickhouse.sh [DIRECTORY]. It is not
# installed, because its package would start a service. What it depends on and is not installed is
# unpacked too.
set -eu
directory=${1-build/clickhouse}
[ ! -e "$directory/ready" ] || { touch "$directory/ready"; exit 0; }
apt-cache show clickhouse-server >/dev/null 2>&1 || apt-get -q update
packages=$(apt-get -q -s --no-install-recommends install clickhouse-server |
  sed -n 's/^Inst \([^ ]*\) .*/\1/p')
# Each word is a package.
# shellcheck disable=SC2086
exec sh "${0%/*}/unpack.sh" "$directory" usr/sbin/clickhouse-server \
  ${packages:-clickhouse-server clickhouse-common}
