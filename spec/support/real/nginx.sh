#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks nginx and its Lua module into a directory, for specs: nginx.sh [DIRECTORY]. They cannot be
# installed beside luajit, because Debian's nginx needs another build of it (libluajit2). Does
# nothing if they are there already.
set -eu
cd "${1-build/nginx}" 2>/dev/null || { mkdir -p "${1-build/nginx}"; cd "${1-build/nginx}"; }
exec 9>lock
flock 9
[ ! -e ready ] || { touch ready; exit 0; }
packages="nginx libnginx-mod-http-lua libnginx-mod-http-ndk lua-resty-core lua-resty-lrucache
  libluajit2-5.1-2"
get() {
  # Each word is a package.
  # shellcheck disable=SC2086
  apt-get -q -o APT::Sandbox::User=root download $packages
}
get || { apt-get -q update && get; }
for package in *.deb; do dpkg -x "$package" .; done
rm -f ./*.deb
[ -x usr/sbin/nginx ]
touch ready
