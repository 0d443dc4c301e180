#!/bin/sh
# SPDX-License-Identifier: MIT
# `make demo`: traces real packets through networks of kernel routers (spec/lab) that it makes for
# itself, with spec/lab/demo.lua. No packet leaves them. It needs root, or a system that lets users
# make namespaces; it leaves nothing behind.
set -eu
cd "$(dirname "$0")/../.."

refuse() {
  echo "demo: cannot make network namespaces: $1" >&2
  exit 1
}

[ -e /proc/self/ns/net ] || refuse "mount /proc first (mount -t proc proc /proc)"
# The propagation of mounts cannot be changed in a chroot, whose / is no mount point.
if ! as_root=$(unshare -nm --propagation unchanged ip link set lo up 2>&1); then
  if ! as_user=$(unshare -rnm ip link set lo up 2>&1); then
    case "$(id -u) $as_user" in
      *"No space left"*) refuse "raise their limits (sysctl user.max_user_namespaces \
user.max_mnt_namespaces user.max_net_namespaces): $as_user" ;;
      0*) refuse "this root lacks CAP_SYS_ADMIN or CAP_NET_ADMIN, and may make no user namespace \
either, as in most containers and chroots; give it both capabilities: $as_root; $as_user" ;;
      *) refuse "run it as root, or allow users to make them \
(sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000): $as_user" ;;
    esac
  fi
  exec unshare -rnm sh "$0"
fi

# network(what it shows, flows to follow, topology and its arguments)
network() {
  say=$1 flows=$2
  shift 2
  printf '\n== %s: %s\n' "$*" "$say"
  spec/lab/lab run "$@" -- \
    sh -c 'exec build/mtrlua spec/lab/demo.lua "$1" "$LAB_DST4" "$LAB_DST6"' - "$flows" ||
    echo "demo: failed"
}

{
  network "six hops, the third never answers" 1 silent 3
  network "four equal ways, and each flow keeps to its own" 2 diamond 4
  network "a firewall forbids the rest of the way" 1 filter
} | awk '
  { print; fflush() }
  /^demo: failed/ { failed = 1 }
  /^summary: / {
    traces += $2; probes += $4; replies += $6; seconds += $8
    for (i = 10; i < NF; i += 2) reasons[$(i + 1)] += $i
  }
  END {
    printf "\nIn all: %d traces, %d probes, %d replies, %.3f s:", traces, probes, replies, seconds
    for (reason in reasons) printf " %d %s", reasons[reason], reason
    print ""
    exit failed
  }'
