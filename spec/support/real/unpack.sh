#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks Debian packages into a directory, for specs of programs that are not to be installed:
# unpack.sh DIRECTORY PROGRAM PACKAGE... Does nothing if that was done already. PROGRAM is a path in
# the directory, of which the packages must have a program.
set -eu
mkdir -p "$1"
cd "$1"
program=$2
shift 2
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
[ -x "$program" ] || { echo "the packages have no $program" >&2; exit 1; }
touch ready
