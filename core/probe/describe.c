/* SPDX-License-Identifier: MIT */
#include "probe/describe.h"

#include <string.h>

#include "probe/identity.h"
#include "wire/proto.h"

void describe_probe(const struct core *c, const struct trace *t,
                    const struct probe *p, struct wire_probe *w) {
  const struct opts *o = t->opts;
  memcpy(w->src, o->src, sizeof w->src);
  memcpy(w->dst, t->dst, sizeof w->dst);
  w->payload = o->payload;
  w->payload_size = o->payload_size;
  w->size = p->asked_size ? p->asked_size : t->size;
  w->id = identity_of(c, table_place(p));
  w->cookie = o->protocol == MTR_TCP ? identity_low(c, p) : 0;
  w->ip_id = identity_ip(c, table_place(p));
  w->sport = p->sport;
  w->dport = o->protocol == MTR_ICMP ? 0 : p->dport;
  w->checksum = o->protocol == MTR_ICMP ? p->dport : 0;
  w->family = o->family;
  w->protocol = o->protocol;
  w->multipath = o->multipath;
  w->ttl = p->ttl;
  w->tos = o->tos;
  w->fill = o->fill;
  w->dont_fragment = (o->flags & MTR_DONT_FRAGMENT) != 0;
  w->by_source = o->by_source;
  w->tcp_flags = o->flags & MTR_TCP_ACK ? PROTO_TCP_ACK : PROTO_TCP_SYN;
  w->flow_label = identity_label(t, p->flow);
  w->interface = o->interface;
  w->mark = o->mark;
  w->handle = p->handle;
  w->timeout_ms = (uint32_t)(o->timeout / 1000000);
}
