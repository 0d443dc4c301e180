/* SPDX-License-Identifier: MIT */
#include "net/sim/internet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/sim/limit.h"
#include "net/sim/topo.h"
#include "wire/proto.h"
#include "wire/record.h"
#include "wire/reply.h"

enum {
  CORE_HOPS = 5,         /* within these hops the ways to regions separate */
  UNROUTED_AT = 3,       /* the hop that has no route for unknown prefixes */
  SHARERS_BITS = 2,      /* log2 of the prefixes that share one last router */
  ROUTER_TTL = 255, HOST_TTL = 64,
  BURST = 6              /* the same as Linux's icmp_ratelimit */
};

static const double FIRST_NS = 4e5;  /* of a hop near us, one way */

struct internet_bucket {
  struct limit_bucket bucket;
  uint64_t router;       /* the router that uses it */
};

/* First octets of the IPv4 addresses of routers, by hop; then those that
 * prefixes leave out. Networks of RFC 6890 with a special purpose are not
 * used. */
static const uint8_t router_octets[] = {
    0,   193, 194, 195, 196, 197, 199, 200, 201, 202, 204, 205, 206, 207, 208,
    209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223};

static const uint8_t skipped[] = {10, 100, 127, 169, 172};

static const uint8_t us4[16] = {192, 0, 2, 1};
static const uint8_t us6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};

const uint8_t *internet_us(unsigned family) {
  return family == 4 ? us4 : us6;
}

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t hash(const struct internet *net, uint64_t what, uint64_t of) {
  return mix(net->seed + what * 0x9e3779b97f4a7c15u + mix(of + what));
}

enum { OF_ROUTER = 1, OF_PLACE, OF_REGION, OF_HOST, OF_FLOW };

/* Returns 1 with the probability |share|, decided by 16 bits of |h| from bit
 * |at| on. */
static int within(uint64_t h, unsigned at, double share) {
  return (double)(h >> at & 0xffff) < share * 65536;
}

void internet_plan(struct internet *net, const struct mtr_sim_internet *o,
                   uint32_t seed) {
  *net = (struct internet){.o = *o, .prefixes = (uint32_t)o->prefixes};
  net->seed = mix(seed + 0x9e3779b97f4a7c15u);
  while (net->bits < 32 && 1ull << net->bits < net->prefixes) net->bits++;
  if (net->bits < SHARERS_BITS) net->bits = SHARERS_BITS;
  net->region = (net->bits - SHARERS_BITS) * 2 / 5;
}

int internet_init(struct internet *net, const struct mtr_sim_internet *o,
                  uint32_t seed) {
  internet_plan(net, o, seed);
  net->buckets = calloc(INTERNET_BUCKETS, sizeof *net->buckets);
  return net->buckets ? 0 : -ENOMEM;
}

void internet_close(struct internet *net) { free(net->buckets); }

/* Numbers and addresses of prefixes. */

void internet_target(const struct internet *net, unsigned family, uint32_t i,
                     uint8_t addr[16]) {
  uint64_t h = hash(net, OF_HOST, i);
  memset(addr, 0, 16);
  if (family == 6) {
    addr[0] = 0x2a;
    for (int k = 0; k < 4; k++) addr[1 + k] = (uint8_t)(i >> (24 - 8 * k));
    addr[14] = (uint8_t)(h >> 8);
    addr[15] = (uint8_t)(h | 1);
    return;
  }
  unsigned octet = 1 + (i >> 16);
  for (unsigned k = 0; k < sizeof skipped; k++) octet += octet >= skipped[k];
  addr[0] = (uint8_t)octet;
  addr[1] = (uint8_t)(i >> 8);
  addr[2] = (uint8_t)i;
  addr[3] = (uint8_t)(1 + h % 254);
}

/* Returns the number of the prefix of |addr|; TOPO_NONE: it is in none. */
static uint32_t number(const struct internet *net, unsigned family,
                       const uint8_t *addr) {
  uint32_t i;
  if (family == 6) {
    if (addr[0] != 0x2a) return TOPO_NONE;
    i = (uint32_t)addr[1] << 24 | (uint32_t)addr[2] << 16 |
        (uint32_t)addr[3] << 8 | addr[4];
  } else {
    unsigned rank = addr[0] - 1u;
    for (unsigned k = 0; k < sizeof skipped; k++) {
      if (addr[0] == skipped[k]) return TOPO_NONE;
      rank -= addr[0] > skipped[k];
    }
    i = (uint32_t)rank << 16 | (uint32_t)addr[1] << 8 | addr[2];
  }
  return i < net->prefixes ? i : TOPO_NONE;
}

/* Paths. */

/* region_of: returns the region of prefix |i|. hops_to: returns the number of
 * hops to a target in a region, whose hash is |region|. */
static uint32_t region_of(const struct internet *net, uint32_t i) {
  return i >> (net->bits - net->region);
}

static unsigned hops_to(const struct internet *net, uint64_t region) {
  unsigned more = net->o.max_hops - net->o.min_hops + 1;
  return net->o.min_hops + (unsigned)((region >> 32) % more);
}

/* Returns how many bits of a prefix's number decide the router at hop |k| of
 * |n|. */
static unsigned deciding(const struct internet *net, unsigned k, unsigned n) {
  unsigned last = net->bits - SHARERS_BITS;
  if (k <= CORE_HOPS) return net->region * (k - 1) / (CORE_HOPS - 1);
  return net->region +
         (last - net->region) * (k - CORE_HOPS) / (n - 1 - CORE_HOPS);
}

/* Returns the hash of a load balancer: over the first four bytes of the
 * transport header and, for IPv6, the flow label. */
static uint64_t flow_of(const struct internet *net, const uint8_t *packet) {
  const uint8_t *p = packet + wire_head(packet);
  uint64_t label = 0;
  uint32_t first;
  memcpy(&first, p, sizeof first);
  if (packet[0] >> 4 == 6)
    label = (packet[1] & 0xfu) << 16 | (unsigned)packet[2] << 8 | packet[3];
  return hash(net, OF_FLOW, label << 40 | first) + packet[9];
}

/* Returns the number of the router at hop |k| of |n| towards prefix |i|, for
 * the flow of |packet|. */
static uint32_t router(const struct internet *net, const uint8_t *packet,
                       uint32_t i, unsigned k, unsigned n) {
  unsigned shift = net->bits - deciding(net, k, n);
  uint32_t place = i >> shift << shift, choice = 0;
  uint64_t h = hash(net, OF_PLACE, (uint64_t)k << 32 | place);
  if (k > 1 && within(h, 0, net->o.balanced)) {
    uint32_t width = 2 + (uint32_t)(h >> 16) % 3;
    choice = (uint32_t)((mix(flow_of(net, packet) ^ h) >> 32) * width >> 32);
  }
  return place | choice;               /* at least SHARERS_BITS are free */
}

static void address(unsigned family, unsigned k, uint32_t id,
                    uint8_t addr[16]) {
  uint32_t scrambled = (id * 0x9e3779b1u + k * 0x51ed27u) & 0xffffff;
  uint8_t *p = family == 4 ? addr + 1 : addr + 2;
  memset(addr, 0, 16);
  addr[0] = family == 4 ? router_octets[k] : 0x2b;
  if (family == 6) {
    addr[1] = (uint8_t)k;
    addr[15] = 1;
  }
  for (int n = 0; n < 3; n++) p[n] = (uint8_t)(scrambled >> (16 - 8 * n));
}

/* Returns the round-trip time to hop |k|, in ns. */
static int64_t time_to(const struct internet *net, uint64_t region,
                       uint64_t h, unsigned k, struct rand *rand) {
  double one = net->o.delay * (0.3 + 1.4 * (double)(region & 0xffff) / 65536);
  unsigned near = k < CORE_HOPS ? k : CORE_HOPS;
  double ns = (double)near * FIRST_NS + (double)(k - near) * one * 1e6 +
              (double)(h >> 48) / 65536 * FIRST_NS;
  if (rand) ns += (double)(rand_u64(rand) >> 44) / 0x1p20 * (1e5 + ns / 50);
  return (int64_t)(2 * ns);
}

static int limited(struct internet *net, uint64_t h, unsigned k, uint32_t id,
                   int64_t at) {
  uint64_t name = (uint64_t)k << 32 | id;
  struct internet_bucket *b = &net->buckets[(h >> 20) % INTERNET_BUCKETS];
  if (!within(h, 16, net->o.limited)) return 0;
  if (b->router != name) *b = (struct internet_bucket){.router = name};
  return limit_reached(&b->bucket, net->o.limit, BURST, at);
}

/* Answers. */

static size_t error(const uint8_t *addr, unsigned type, unsigned code,
                    unsigned ttl, uint8_t *packet, size_t size, uint8_t *out) {
  static const struct wire_manner plain = {
      .quote = -1, .ttl = -1, .size = -1, .id = WIRE_AS_IT_CAME, .check = -1,
      .ext_length = -1};
  struct wire_error e = {.type = (uint8_t)type, .code = (uint8_t)code,
                         .ttl = (uint8_t)ttl};
  memcpy(e.from, addr, sizeof e.from);
  memcpy(e.to, wire_src(packet), packet[0] >> 4 == 4 ? 4 : 16);
  *wire_ttl(packet) = 1;
  return wire_error(&plain, &e, packet, size, out);
}

static size_t host(const uint8_t *addr, unsigned ttl, uint8_t *packet,
                   size_t size, uint8_t *out) {
  const uint8_t *p = packet + wire_head(packet);
  int port = p[2] << 8 | p[3], v4 = packet[0] >> 4 == 4;
  switch (wire_protocol(packet)) {
  case WIRE_ICMP:
    return wire_pong(addr, (int)ttl, 0, packet, size, out);
  case WIRE_TCP:
    return wire_segment(addr, (int)ttl, port == 80 || port == 443,
                        v4 ? 1460 : 1440, packet, out);
  default:                             /* RFC 792, RFC 4443 3.1 */
    return v4 ? error(addr, PROTO_UNREACH, 3, ttl, packet, size, out)
              : error(addr, PROTO_UNREACH6, 4, ttl, packet, size, out);
  }
}

size_t internet_send(struct internet *net, uint8_t *packet, size_t size,
                     struct rand *rand, int64_t *at, uint8_t *out) {
  unsigned family = packet[0] >> 4, k = *wire_ttl(packet), n = UNROUTED_AT;
  uint8_t addr[16] = {0};
  memcpy(addr, wire_dst(packet), family == 4 ? 4 : 16);
  uint32_t i = number(net, family, addr);
  uint64_t region = 0;
  if (rand && net->o.loss > 0 &&
      (double)(rand_u64(rand) >> 11) * 0x1p-53 < net->o.loss)
    return 0;
  if (i != TOPO_NONE) {
    region = hash(net, OF_REGION, region_of(net, i));
    n = hops_to(net, region);
    if (k >= n) {
      uint64_t h = hash(net, OF_HOST, (uint64_t)addr[family == 4 ? 3 : 15]
                                              << 32 | i);
      *at += time_to(net, region, h, n, rand);
      return within(h, 32, net->o.dead)
                 ? 0 : host(addr, HOST_TTL - n + 1, packet, size, out);
    }
  }
  int routed = i != TOPO_NONE || k < UNROUTED_AT;
  if (!routed) k = UNROUTED_AT;
  uint32_t id = router(net, packet, i == TOPO_NONE ? 0 : i, k,
                       i == TOPO_NONE ? net->o.min_hops : n);
  uint64_t h = hash(net, OF_ROUTER, (uint64_t)k << 32 | id);
  *at += time_to(net, region, h, k, rand);
  if (within(h, 0, net->o.silent) || (rand && limited(net, h, k, id, *at)))
    return 0;
  address(family, k, id, addr);
  unsigned type = family == 4 ? PROTO_EXCEEDED : PROTO_EXCEEDED6;
  if (!routed) type = family == 4 ? PROTO_UNREACH : PROTO_UNREACH6;
  return error(addr, type, 0, ROUTER_TTL - k + 1, packet, size, out);
}
