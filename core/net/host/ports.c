/* SPDX-License-Identifier: MIT */
#include "net/host/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/host/filter.h"
#include "net/net.h"

enum { TRIES = 64 };

static int bound(int protocol, uint16_t number) {
  int type = protocol == WIRE_TCP ? SOCK_STREAM : SOCK_DGRAM, zero = 0;
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                             .sin6_port = htons(number)};
  struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(number)};
  struct sockaddr *addr = (struct sockaddr *)&in6;
  socklen_t size = sizeof in6;
  int fd = socket(AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
  } else {
    addr = (struct sockaddr *)&in4;
    size = sizeof in4;
    fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
  }
  filter_none(fd);                     /* drops all: raw sockets read them */
  if (bind(fd, addr, size)) {
    int err = -errno;
    close(fd);
    return err;
  }
  return fd;
}

int ports_reserve(struct ports *p, int protocol, uint16_t number) {
  for (uint32_t i = 0; i < p->count; i++)
    if (p->reserved[i].number == number && p->reserved[i].protocol == protocol)
      return 1;
  if (p->count == p->room) {
    uint32_t room = p->room ? p->room * 2 : 8;
    void *list = realloc(p->reserved, room * sizeof *p->reserved);
    if (!list) return -ENOMEM;
    p->reserved = list;
    p->room = room;
  }
  int fd = bound(protocol, number);
  if (fd < 0) return fd;
  p->reserved[p->count++] = (struct port){number, (uint8_t)protocol, fd};
  return 0;
}

int ports_open(struct ports *p, struct rand *rand) {
  int err = 0;
  memset(p, 0, sizeof *p);
  for (int i = 0; i < TRIES; i++) {
    p->base = (uint16_t)(PORTS_FIRST + rand_below(rand, PORTS_BLOCKS) *
                                            NET_PORTS);
    if ((err = ports_reserve(p, WIRE_UDP, p->base)) == 0 &&
        (err = ports_reserve(p, WIRE_TCP, p->base)) == 0)
      return 0;
    ports_close(p);
    if (err != -EADDRINUSE) break;
  }
  return err;
}

void ports_close(struct ports *p) {
  for (uint32_t i = 0; i < p->count; i++) close(p->reserved[i].fd);
  free(p->reserved);
  memset(p, 0, sizeof *p);
}
