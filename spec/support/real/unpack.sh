#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks Debian packages into a directory, for specs of programs that are not to be installed:
# unpack.sh DIRECTORY PACKAGE... Does nothing if that was done already.
set -eu
mkdir -p "$1"
cd "$1"
shift
exec 9>lock
flock 9
[ ! -e ready ] || { touch ready; exit 0; }
get() {
  rm -f ./*.deb
  apt-get -q -o APT::Sandbox::User=root download "$@"
}
get "$@" || { apt-get -q update && get "$@"; }
for package in *.deb; do dpkg -x "$package" .; done
rm -f ./*.deb
touch ready
