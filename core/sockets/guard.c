/* SPDX-License-Identifier: MIT
 *
 * Offsets are those of RFC 791 3.1, RFC 8200 3, RFC 792, RFC 4443, RFC 768 and
 * RFC 9293 3.1. The kernel refuses broadcast addresses of its links, because
 * the sockets do not have SO_BROADCAST.
 */
#include "sockets/guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/proto.h"
#include "wire/record.h"

enum { FRESH_NS = 1000000000 };

static unsigned get16(const uint8_t *at) { return at[0] * 256u + at[1]; }

/* Whether this host has the address: only then can a socket be bound to it. */
static int is_ours(int family, const uint8_t *addr, uint32_t scope) {
  struct sockaddr_in in4 = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  int domain = family == 4 ? AF_INET : AF_INET6, err;
  int fd = socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  memcpy(&in4.sin_addr, addr, 4);
  memcpy(&in6.sin6_addr, addr, 16);
  if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr)) in6.sin6_scope_id = scope;
  if (family == 4) err = bind(fd, (struct sockaddr *)&in4, sizeof in4);
  else err = bind(fd, (struct sockaddr *)&in6, sizeof in6);
  close(fd);
  return !err;
}

/* The same, remembered for a second. No address and groups are not ours. */
static int source_fits(struct guard *g, int family, const uint8_t addr[16],
                       uint32_t scope, int64_t now) {
  static const uint8_t none[16];
  if (!memcmp(addr, none, sizeof none)) return 0;
  if (family == 4 ? addr[0] >= 224 : addr[0] == 0xff) return 0;
  for (int i = 0; i < GUARD_SOURCES; i++) {
    struct guard_source *s = &g->source[i];
    if (s->family == (uint32_t)family && s->scope == scope && now < s->until &&
        !memcmp(s->addr, addr, sizeof s->addr))
      return 1;
  }
  if (!is_ours(family, addr, scope)) return 0;
  struct guard_source *s = &g->source[g->next++ % GUARD_SOURCES];
  *s = (struct guard_source){.family = (uint32_t)family, .scope = scope,
                             .until = now + FRESH_NS};
  memcpy(s->addr, addr, sizeof s->addr);
  return 1;
}

static int port_fits(const struct guard *g, unsigned port) {
  if (port - g->who.port_base < g->who.port_count) return 1;
  for (int i = 0; i < g->who.ports; i++)
    if (g->who.port[i] == port) return 1;
  return 0;
}

static int upper_fits(const struct guard *g, unsigned protocol,
                      const uint8_t *p, size_t size) {
  unsigned echo = protocol == PROTO_ICMPV6 ? PROTO_ECHO6 : PROTO_ECHO;
  switch (protocol) {
  case WIRE_ICMP:
  case PROTO_ICMPV6:
    return size >= PROTO_ICMP_HEADER && p[0] == echo && p[1] == 0 &&
           get16(p + 4) - g->who.echo_base < g->who.echo_count;
  case WIRE_UDP:
    return size >= PROTO_UDP_HEADER && port_fits(g, get16(p)) &&
           get16(p + 4) == size;
  case WIRE_TCP:
    return size >= PROTO_TCP_HEADER && port_fits(g, get16(p)) &&
           p[12] / 16 * 4u >= PROTO_TCP_HEADER && p[12] / 16 * 4u <= size &&
           (p[13] == PROTO_TCP_SYN || p[13] == PROTO_TCP_ACK);
  default:
    return 0;
  }
}

/* Checks the IPv4 header. The kernel itself fills in length and checksum. */
static int header4(const uint8_t *p, size_t size, struct guard_packet *out) {
  if (size < PROTO_IPV4_HEADER || p[0] != 0x45 || get16(p + 2) != size ||
      get16(p + 6) & ~(unsigned)PROTO_IPV4_DF || p[9] == PROTO_ICMPV6)
    return -EPERM;
  memcpy(out->src, p + 12, 4);
  memcpy(out->dst, p + 16, 4);
  out->protocol = p[9];
  out->tos = p[1];
  return out->dst[0] >= 224 ? -EACCES : out->dst[0] ? 0 : -EPERM;
}

static int header6(const uint8_t *p, size_t size, struct guard_packet *out) {
  static const uint8_t none[16];
  if (size < PROTO_IPV6_HEADER || p[0] / 16 != 6 ||
      get16(p + 4) != size - PROTO_IPV6_HEADER || p[6] == WIRE_ICMP)
    return -EPERM;
  memcpy(out->src, p + 8, 16);
  memcpy(out->dst, p + 24, 16);
  out->protocol = p[6];
  out->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
  if (out->dst[0] == 0xff) return -EACCES;
  return memcmp(out->dst, none, sizeof none) ? 0 : -EPERM;
}

int guard_check(struct guard *g, int family, const uint8_t *packet, size_t size,
                uint32_t scope, int64_t now, struct guard_packet *out) {
  size_t header = family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER;
  *out = (struct guard_packet){.protocol = 0};
  int err = family == 4 ? header4(packet, size, out)
                        : header6(packet, size, out);
  if (err) return err;
  if (!upper_fits(g, out->protocol, packet + header, size - header))
    return -EPERM;
  return source_fits(g, family, out->src, scope, now) ? 0 : -EADDRNOTAVAIL;
}
