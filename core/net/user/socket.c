/* SPDX-License-Identifier: MIT */
#include "net/user/socket.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/host/control.h"

/* Options that this C library may not have: Linux 5.9, 4.4. */
enum { RECVERR_RFC4884 = 26, RECVERR_RFC4884_6 = 31 };

/* IP_PMTUDISC_OMIT, also of IPv6: no DF, fragments if the link needs them. */
enum { DISCOVER_OMIT = 5 };

static int set(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}

int socket_room(void) {
  enum { SHARE = 8, LEAST = 2, MOST = 64, UNLIMITED = 1 << 20 };
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > UNLIMITED)
    return UNLIMITED;
  int all = (int)limit.rlim_cur, spare = all / SHARE;
  return all - (spare < LEAST ? LEAST : spare > MOST ? MOST : spare);
}

void socket_df(int fd, int family, int df) {
  if (family == USER_4) {
    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, df ? IP_PMTUDISC_PROBE
                                            : DISCOVER_OMIT);
    return;
  }
  set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, df);
}

void socket_split(int fd, int split) {
  set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
      split ? DISCOVER_OMIT : IPV6_PMTUDISC_PROBE);
}

/* A ping socket has room for many replies and their errors, as all probes share
 * it. The kernel gives at most net.core.rmem_max. */
static void configure(int fd, int family, int protocol) {
  enum { RECEIVE_BUFFER = 8 << 20 };
  if (protocol != WIRE_TCP) set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
  set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (protocol != WIRE_TCP) set(fd, SOL_SOCKET, SO_BROADCAST, 1);
  if (family == USER_4) {
    set(fd, IPPROTO_IP, IP_RECVERR, 1);
    set(fd, IPPROTO_IP, RECVERR_RFC4884, 1);
    set(fd, IPPROTO_IP, IP_RECVTTL, 1);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    set(fd, IPPROTO_IPV6, RECVERR_RFC4884_6, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    socket_split(fd, 0);
  }
  socket_df(fd, family, 0);
}

int socket_open(const struct user *u, int family, int protocol) {
  int v4 = family == USER_4, number = 0;
  int type = protocol == WIRE_TCP ? SOCK_STREAM : SOCK_DGRAM;
  if (protocol == WIRE_ICMP) number = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
  int fd = socket(v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  number);
  if (fd < 0) return errno == ENFILE ? -EMFILE : -errno;
  if (fd >= u->limit) {
    close(fd);
    return -EMFILE;
  }
  configure(fd, family, protocol);
  return fd;
}

int socket_watch(struct user *u, int fd, unsigned kind, uint32_t index,
                 int writable) {
  struct epoll_event e = {.events = writable ? EPOLLOUT : EPOLLIN,
                          .data.u64 = (uint64_t)kind << 32 | index};
  return epoll_ctl(u->epoll, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

/* The checksum of ICMPv6 covers the source address, so it is always said. */
static int says_source(const struct wire_probe *p) {
  return p->by_source || (p->family == 6 && p->protocol == WIRE_ICMP);
}

void socket_options(struct msghdr *m, uint8_t *room,
                    const struct wire_probe *p) {
  int ttl = p->ttl, tos = p->tos, v4 = p->family == 4;
  int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  m->msg_control = room;
  m->msg_controllen = USER_CONTROL;
  memset(room, 0, 4 * CMSG_SPACE(sizeof(struct in6_pktinfo)));
  struct cmsghdr *c = control_add(
      m, NULL, level, v4 ? IP_TTL : IPV6_HOPLIMIT, &ttl, sizeof ttl);
  if (tos)
    c = control_add(m, c, level, v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos);
  if (v4 && (p->interface || p->by_source)) {
    struct in_pktinfo info = {.ipi_ifindex = (int)p->interface};
    if (p->by_source) memcpy(&info.ipi_spec_dst, p->src, 4);
    c = control_add(m, c, level, IP_PKTINFO, &info, sizeof info);
  } else if (!v4 && (p->interface || says_source(p))) {
    struct in6_pktinfo info = {.ipi6_ifindex = p->interface};
    memcpy(&info.ipi6_addr, p->src, 16);
    c = control_add(m, c, level, IPV6_PKTINFO, &info, sizeof info);
  }
  control_end(m, c);
}

int socket_reason(struct user *u, const struct wire_probe *p, int err) {
  if (err != EINVAL || !says_source(p)) return err;
  return route_lost(&u->route, p->family, p->dst, p->interface);
}
