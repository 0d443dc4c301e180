#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks nginx and its Lua module into a directory, for specs: nginx.sh [DIRECTORY]. They cannot be
# installed beside luajit, because Debian's nginx needs another build of it (libluajit2). So what the
# module depends on and is not installed is unpacked too. Does nothing if they are there already.
set -eu
directory=${1-build/nginx}
[ ! -e "$directory/ready" ] || { touch "$directory/ready"; exit 0; }
apt-cache show nginx >/dev/null 2>&1 || apt-get -q update
packages="nginx libnginx-mod-http-lua libnginx-mod-http-ndk lua-resty-core lua-resty-lrucache
  libluajit2-5.1-2"
# The dependencies of the module that are libraries and not installed.
for package in $(apt-cache depends --important libnginx-mod-http-lua |
    sed -n 's/.*Depends: \(lib[^ ]*\)$/\1/p'); do
  case $package in libluajit* | libnginx*) continue ;; esac     # named above
  dpkg -s "$package" >/dev/null 2>&1 || packages="$packages $package"
done
# Each word is a package.
# shellcheck disable=SC2086
exec sh "${0%/*}/unpack.sh" "$directory" usr/sbin/nginx $packages
