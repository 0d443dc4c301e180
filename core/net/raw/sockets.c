/* SPDX-License-Identifier: MIT */
#include "net/raw/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/record.h"

enum { RECEIVE_BUFFER = 32 << 20, SEND_BUFFER = 4 << 20 };

static const struct {
  int family, protocol;
} kinds[RAW_FDS] = {
    [RAW_SEND4] = {AF_INET, IPPROTO_RAW},
    [RAW_SEND6] = {AF_INET6, IPPROTO_RAW},
    [RAW_ICMP4] = {AF_INET, IPPROTO_ICMP},
    [RAW_TCP4] = {AF_INET, IPPROTO_TCP},
    [RAW_UDP4] = {AF_INET, IPPROTO_UDP},
    [RAW_ICMP6] = {AF_INET6, IPPROTO_ICMPV6},
    [RAW_TCP6] = {AF_INET6, IPPROTO_TCP},
    [RAW_UDP6] = {AF_INET6, IPPROTO_UDP}};

void sockets_close(int32_t fd[RAW_FDS]) {
  for (int i = 0; i < RAW_FDS; i++) {
    if (fd[i] >= 0) close(fd[i]);
    fd[i] = -1;
  }
}

static void set(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

static void buffer(int fd, int force, int plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes))
    set(fd, SOL_SOCKET, plain, bytes);
}

/* Sets the options of a sender or a receiver. It works without them, only not
 * as well. */
static void configure(int i, int fd) {
  if (i <= RAW_SEND6) {
    buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
    set(fd, SOL_SOCKET, SO_BROADCAST, 1);   /* route.c guards the targets */
    /* With *_RECVERR, sending fails when the queue of the link is full. Without
     * it, the kernel drops the packet and reports success. The queued errors
     * themselves are never read, so their buffer is small. */
    set(fd, SOL_SOCKET, SO_RCVBUF, 0);
    if (i == RAW_SEND4) {
      set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
      set(fd, IPPROTO_IP, IP_RECVERR, 1);
    } else {
      set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
      set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    }
    return;
  }
  buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
  set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (kinds[i].family != AF_INET6) return;
  set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* Binds a socket to any address if |on|, otherwise to a reserved group,
 * which nothing is sent to (RFC 5771 4, RFC 4291 2.7.1). Then the kernel makes
 * no copies of packets for it. A filter would drop copies only after they are
 * made. */
void sockets_listen(int i, int fd, int on) {
  struct sockaddr_in in4 = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (fd < 0) return;
  if (!on) {
    in4.sin_addr.s_addr = htonl(0xe0000000);                /* 224.0.0.0 */
    in6.sin6_addr.s6_addr[0] = 0xff;                        /* ff0e:: */
    in6.sin6_addr.s6_addr[1] = 0x0e;
  }
  if (kinds[i].family == AF_INET) bind(fd, (void *)&in4, sizeof in4);
  else bind(fd, (void *)&in6, sizeof in6);
}

uint32_t sockets_have(const int32_t fd[RAW_FDS]) {
  uint32_t have = 0;
  for (int i = 0; i < RAW_FDS; i++)
    if (fd[i] >= 0) have |= 1u << i;
  return have;
}

int sockets_usable(uint32_t have, int family) {
  uint32_t need = family == 4 ? 1u << RAW_SEND4 | 1u << RAW_ICMP4
                              : 1u << RAW_SEND6 | 1u << RAW_ICMP6;
  return (have & need) == need;
}

int sockets_open(int32_t fd[RAW_FDS], uint32_t mark) {
  int err = 0, refused = -EAFNOSUPPORT;
  for (int i = 0; i < RAW_FDS; i++) fd[i] = -1;
  for (int i = 0; i < RAW_FDS && !err; i++) {
    fd[i] = socket(kinds[i].family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   kinds[i].protocol);
    if (fd[i] < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) err = -errno;
      else if (errno != EAFNOSUPPORT) refused = -errno;
      continue;
    }
    configure(i, fd[i]);
    if (i > RAW_SEND6) {
      err = filter_none(fd[i]);
      sockets_listen(i, fd[i], 0);
    }
    if (!err && mark &&
        setsockopt(fd[i], SOL_SOCKET, SO_MARK, &mark, sizeof mark))
      err = -errno;
  }
  uint32_t have = sockets_have(fd);
  if (!err && !sockets_usable(have, 4) && !sockets_usable(have, 6))
    err = refused;
  if (err) sockets_close(fd);
  return err;
}

int sockets_able(int fd) {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return fd >= 0 &&
         !getsockopt(fd, IPPROTO_IP, RAW_IP_PROTOCOL, &protocol, &size);
}

int sockets_filter(const int32_t fd[RAW_FDS], const struct filter *f) {
  for (int i = RAW_ICMP4; i < RAW_FDS; i++) {
    int protocol = kinds[i].protocol;
    if (fd[i] < 0) continue;
    if (protocol == IPPROTO_ICMPV6) protocol = WIRE_ICMP;
    int family = kinds[i].family == AF_INET ? 4 : 6;
    int err = filter_attach(fd[i], f, family, protocol);
    if (err) return err;
  }
  return 0;
}
