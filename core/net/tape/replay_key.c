/* SPDX-License-Identifier: MIT */
#include "net/tape/replay_key.h"

#include <string.h>

#include "net/tape/tape.h"

static uint64_t mix(uint64_t key, uint64_t value) {
  key = (key ^ value) * 0x9e3779b97f4a7c15u;
  return key ^ key >> 29;
}

static uint64_t mix_address(uint64_t key, const uint8_t addr[16]) {
  uint64_t half[2];
  memcpy(half, addr, sizeof half);
  return mix(mix(key, half[0]), half[1]);
}

/* The layout classic changes one field with each probe. The script does not
 * choose its values, so they are not part of the key. */
uint64_t replay_key_send(const struct wire_probe *p, uint32_t payload) {
  int fixed = p->multipath != WIRE_CLASSIC;
  uint64_t key = mix_address(mix_address(TAPE_SEND, p->dst), p->src);
  key = mix(key, (uint64_t)p->family << 56 | (uint64_t)p->protocol << 48 |
                     (uint64_t)p->multipath << 40 | (uint64_t)p->ttl << 32 |
                     (uint64_t)p->tos << 24 | (uint64_t)p->dont_fragment << 16 |
                     (uint64_t)p->tcp_flags << 8 | p->fill);
  key = mix(key, (uint64_t)p->size << 32 | payload);
  key = mix(key, (uint64_t)p->interface << 32 | p->mark);
  if (fixed && p->protocol == WIRE_ICMP) key = mix(key, p->checksum);
  if (fixed && p->protocol != WIRE_ICMP)
    key = mix(key, (uint64_t)p->sport << 16 | p->dport);
  return mix(key, p->family == 6 ? p->flow_label : 0);
}

uint64_t replay_key_route(const struct net_route *r) {
  uint64_t key = mix_address(mix_address(TAPE_ROUTE, r->dst), r->src);
  key = mix(key, (uint64_t)r->family << 16 | (uint64_t)r->protocol << 8 |
                     r->broadcast);
  return mix(key, (uint64_t)r->interface << 32 | r->mark);
}

uint64_t replay_key_port(unsigned protocol, unsigned port) {
  return mix(TAPE_PORT, (uint64_t)protocol << 32 | port);
}

uint64_t replay_key_name(const char *name, unsigned family) {
  uint64_t key = mix(TAPE_NAME, family);
  for (size_t i = 0; name[i] && i < TAPE_TEXT; i++)
    key = mix(key, (uint8_t)name[i]);
  return key;
}
