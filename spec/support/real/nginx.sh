#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks nginx and its Lua module into a directory, for specs: nginx.sh [DIRECTORY]. They cannot be
# installed beside luajit, because Debian's nginx needs another build of it (libluajit2). So what the
# module depends on and is not installed is unpacked too. Does nothing if they are there already.
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
# Adds the dependencies of the module that are libraries and not installed.
add() {
  for package in $(apt-cache depends --important libnginx-mod-http-lua |
      sed -n 's/.*Depends: \(lib[^ ]*\)$/\1/p'); do
    case $package in libluajit* | libnginx*) continue ;; esac     # named above
    dpkg -s "$package" >/dev/null 2>&1 || packages="$packages $package"
  done
}
add
get || { apt-get -q update && add && get; }
for package in *.deb; do dpkg -x "$package" .; done
rm -f ./*.deb
[ -x usr/sbin/nginx ]
touch ready
