/* SPDX-License-Identifier: MIT
 *
 * tape.c: each structure has one list of its fields. Writing and reading both
 * follow this list, so they always agree.
 */
#include "net/tape/tape.h"

#include <errno.h>
#include <string.h>

static const uint8_t magic[8] = "mtrtape\n";

struct field {
  uint16_t offset;
  uint16_t size;         /* 1, 2, 4, 8: a number; 16: bytes */
};

#define F(type, name) \
  {offsetof(struct type, name), sizeof(((struct type *)0)->name)}
#define LIST(list) list, sizeof list / sizeof *list

static const struct field head[] = {
    F(tape_head, seed), F(tape_head, at), F(tape_head, epoch),
    F(tape_head, caps), F(tape_head, max_probes), F(tape_head, port_base),
    F(tape_head, echo_base)};

static const struct field tick[] = {F(tape_tick, at), F(tape_tick, call)};

static const struct field send[] = {
    F(tape_send, sent.at), F(tape_send, sent.size), F(tape_send, sent.error),
    F(tape_send, later), F(tape_send, payload), F(tape_send, probe.src),
    F(tape_send, probe.dst), F(tape_send, probe.payload_size),
    F(tape_send, probe.size), F(tape_send, probe.id), F(tape_send, probe.ip_id),
    F(tape_send, probe.cookie), F(tape_send, probe.sport),
    F(tape_send, probe.dport), F(tape_send, probe.checksum),
    F(tape_send, probe.family), F(tape_send, probe.protocol),
    F(tape_send, probe.multipath), F(tape_send, probe.ttl),
    F(tape_send, probe.tos), F(tape_send, probe.dont_fragment),
    F(tape_send, probe.tcp_flags), F(tape_send, probe.by_source),
    F(tape_send, probe.fill), F(tape_send, probe.flow_label),
    F(tape_send, probe.interface), F(tape_send, probe.mark),
    F(tape_send, probe.handle), F(tape_send, probe.timeout_ms)};

static const struct field reply[] = {
    F(wire_reply, at), F(wire_reply, from), F(wire_reply, to),
    F(wire_reply, quoted_src), F(wire_reply, quoted_dst), F(wire_reply, flags),
    F(wire_reply, id), F(wire_reply, ip_id), F(wire_reply, sport),
    F(wire_reply, dport), F(wire_reply, size), F(wire_reply, mtu),
    F(wire_reply, quoted_size), F(wire_reply, kind), F(wire_reply, family),
    F(wire_reply, protocol), F(wire_reply, quoted_protocol),
    F(wire_reply, icmp_type), F(wire_reply, icmp_code), F(wire_reply, ttl),
    F(wire_reply, tos), F(wire_reply, tcp_flags), F(wire_reply, quoted_ttl),
    F(wire_reply, quoted_tos), F(wire_reply, kernel_time),
    F(wire_reply, tcp_low), F(wire_reply, checksum), F(wire_reply, error),
    F(wire_reply, handle), F(wire_reply, flow_label), F(wire_reply, reply_id)};

static const struct field route[] = {
    F(tape_route, ask.dst), F(tape_route, ask.src), F(tape_route, ask.family),
    F(tape_route, ask.protocol), F(tape_route, ask.broadcast),
    F(tape_route, ask.interface), F(tape_route, ask.mark), F(tape_route, src),
    F(tape_route, error)};

static const struct field port[] = {
    F(tape_port, error), F(tape_port, port), F(tape_port, protocol)};

static const struct field loss[] = {
    F(tape_loss, drops), F(tape_loss, malformed)};

static const struct field name[] = {
    F(tape_name, error), F(tape_name, family), F(tape_name, count)};

static const struct field found[] = {
    F(net_route, dst), F(net_route, family)};

static const struct field end[] = {F(tape_end, records)};

uint32_t tape_hash(const void *bytes, size_t n) {
  const uint8_t *p = bytes;
  uint32_t hash = 0x811c9dc5u;
  for (size_t i = 0; i < n; i++) hash = (hash ^ p[i]) * 0x01000193u;
  return hash;
}

/* Writing. */

static uint8_t *put(uint8_t *p, const void *from, const struct field *f,
                    size_t n) {
  for (size_t i = 0; i < n; i++) {
    const uint8_t *at = (const uint8_t *)from + f[i].offset;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (f[i].size) {
    case 2:
      memcpy(&two, at, sizeof two);
      p = put_le(p, two, 2);
      break;
    case 4:
      memcpy(&four, at, sizeof four);
      p = put_le(p, four, 4);
      break;
    case 8:
      memcpy(&eight, at, sizeof eight);
      p = put_le(p, eight, 8);
      break;
    default:
      p = put_bytes(p, at, f[i].size);
    }
  }
  return p;
}

static uint8_t *put_text(uint8_t *p, const char *text) {
  size_t n = strnlen(text, TAPE_TEXT);
  return put_bytes(put_u8(p, (unsigned)n), text, n);
}

/* A body begins after its frame. The frame is written last, because it has
 * the size of the body. */
static uint8_t *open_body(uint8_t *frame, enum tape_kind kind) {
  return put_u8(frame + TAPE_FRAME, kind);
}

static uint8_t *close_body(uint8_t *frame, uint8_t *next) {
  size_t size = (size_t)(next - frame) - TAPE_FRAME;
  put_le(put_le(frame, size, 2), tape_hash(frame + TAPE_FRAME, size), 4);
  return next;
}

static uint8_t *put_plain(uint8_t *p, enum tape_kind kind, const void *from,
                          const struct field *f, size_t n) {
  return close_body(p, put(open_body(p, kind), from, f, n));
}

uint8_t *tape_prologue(uint8_t *p) {
  return put_le(put_bytes(p, magic, sizeof magic), TAPE_VERSION, 4);
}

uint8_t *tape_put_head(uint8_t *p, const struct tape_head *h) {
  uint8_t *body = put(open_body(p, TAPE_HEAD), h, LIST(head));
  return close_body(p, put_text(body, h->name));
}

uint8_t *tape_put_tick(uint8_t *p, const struct tape_tick *t) {
  return put_plain(p, TAPE_TICK, t, LIST(tick));
}

uint8_t *tape_put_send(uint8_t *p, const struct tape_send *s) {
  return put_plain(p, TAPE_SEND, s, LIST(send));
}

uint8_t *tape_put_reply(uint8_t *p, const struct wire_reply *r) {
  uint8_t *body = put(open_body(p, TAPE_REPLY), r, LIST(reply));
  unsigned size = r->ext_size > TAPE_EXT ? TAPE_EXT : r->ext_size;
  return close_body(p, put_bytes(put_le(body, size, 2), r->ext, size));
}

uint8_t *tape_put_route(uint8_t *p, const struct tape_route *r) {
  uint8_t *body = put(open_body(p, TAPE_ROUTE), r, LIST(route));
  return close_body(p, put_text(body, r->why));
}

uint8_t *tape_put_port(uint8_t *p, const struct tape_port *t) {
  return put_plain(p, TAPE_PORT, t, LIST(port));
}

uint8_t *tape_put_loss(uint8_t *p, const struct tape_loss *l) {
  return put_plain(p, TAPE_LOSS, l, LIST(loss));
}

/* The zone of a link-local address is stored in the address, in bytes that are
 * always zero (RFC 4291 2.5.6). This is the first of them. */
enum { ZONE = 4 };

static int link_local(const struct net_route *r) {
  return r->family == 6 && r->dst[0] == 0xfe && (r->dst[1] & 0xc0) == 0x80;
}

static struct net_route with_zone(const struct net_route *found) {
  struct net_route r = *found;
  if (link_local(&r) && r.interface) put_le(r.dst + ZONE, r.interface, 4);
  return r;
}

static void split_zone(struct net_route *r) {
  if (!link_local(r)) return;
  struct bytes zone = bytes_of(r->dst + ZONE, 4);
  r->interface = (uint32_t)bytes_le(&zone, 4);
  memset(r->dst + ZONE, 0, 4);
}

uint8_t *tape_put_name(uint8_t *p, const struct tape_name *n) {
  uint8_t *body = put(open_body(p, TAPE_NAME), n, LIST(name));
  body = put_text(body, n->name);
  for (unsigned i = 0; i < n->count; i++) {
    struct net_route r = with_zone(&n->found[i]);
    body = put(body, &r, LIST(found));
  }
  return close_body(p, body);
}

uint8_t *tape_put_end(uint8_t *p, const struct tape_end *e) {
  return put_plain(p, TAPE_END, e, LIST(end));
}

/* Reading. */

static void take(struct bytes *b, void *into, const struct field *f, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint8_t *at = (uint8_t *)into + f[i].offset;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    const uint8_t *bytes;
    switch (f[i].size) {
    case 2:
      two = (uint16_t)bytes_le(b, 2);
      memcpy(at, &two, sizeof two);
      break;
    case 4:
      four = (uint32_t)bytes_le(b, 4);
      memcpy(at, &four, sizeof four);
      break;
    case 8:
      eight = bytes_le(b, 8);
      memcpy(at, &eight, sizeof eight);
      break;
    default:
      bytes = bytes_take(b, f[i].size);
      if (bytes) memcpy(at, bytes, f[i].size);
    }
  }
}

/* Reads a text into |out|[|size|]. The caller has filled |out| with zeros, so
 * the text is always terminated. */
static void take_text(struct bytes *b, char *out, size_t size) {
  size_t n = bytes_u8(b);
  const uint8_t *text = bytes_take(b, n);
  if (n >= size) b->bad = 1;
  else if (text) memcpy(out, text, n);
}

static int whole(const struct bytes *b) {
  return b->bad || bytes_left(b) ? -EBADMSG : 0;
}

int tape_begin(struct bytes *file, uint32_t *version) {
  const uint8_t *first = bytes_take(file, sizeof magic);
  *version = (uint32_t)bytes_le(file, 4);
  if (file->bad || memcmp(first, magic, sizeof magic)) return -ENOMSG;
  return *version == TAPE_VERSION ? 0 : -EPROTO;
}

int tape_next(struct bytes *file, struct bytes *body) {
  if (!bytes_left(file)) return 0;
  size_t size = bytes_le(file, 2);
  uint32_t hash = (uint32_t)bytes_le(file, 4);
  const uint8_t *p = bytes_take(file, size);
  if (!p || !size || size > TAPE_BODY || tape_hash(p, size) != hash || !*p ||
      *p > TAPE_END)
    return -EBADMSG;
  *body = bytes_of(p + 1, size - 1);
  return *p;
}

int tape_take_head(struct bytes *body, struct tape_head *h) {
  memset(h, 0, sizeof *h);
  take(body, h, LIST(head));
  take_text(body, h->name, sizeof h->name);
  return whole(body);
}

int tape_take_tick(struct bytes *body, struct tape_tick *t) {
  take(body, t, LIST(tick));
  return whole(body);
}

int tape_take_send(struct bytes *body, struct tape_send *s) {
  memset(s, 0, sizeof *s);
  take(body, s, LIST(send));
  return whole(body);
}

int tape_take_reply(struct bytes *body, struct wire_reply *r) {
  memset(r, 0, sizeof *r);
  take(body, r, LIST(reply));
  r->ext_size = (uint16_t)bytes_le(body, 2);
  r->ext = bytes_take(body, r->ext_size);
  if (r->ext_size > TAPE_EXT || r->ext_size % 4) body->bad = 1;
  if (r->kind == WIRE_NONE || r->kind > WIRE_ERROR) body->bad = 1;
  if (r->family != 4 && r->family != 6 && r->kind != WIRE_ERROR) body->bad = 1;
  return whole(body);
}

int tape_take_route(struct bytes *body, struct tape_route *r) {
  memset(r, 0, sizeof *r);
  take(body, r, LIST(route));
  take_text(body, r->why, sizeof r->why);
  return whole(body);
}

int tape_take_port(struct bytes *body, struct tape_port *t) {
  take(body, t, LIST(port));
  return whole(body);
}

int tape_take_loss(struct bytes *body, struct tape_loss *l) {
  take(body, l, LIST(loss));
  return whole(body);
}

int tape_take_name(struct bytes *body, struct tape_name *n) {
  memset(n, 0, sizeof *n);
  take(body, n, LIST(name));
  take_text(body, n->name, sizeof n->name);
  if (n->count > TAPE_NAMES) body->bad = 1;
  for (unsigned i = 0; i < n->count && !body->bad; i++) {
    take(body, &n->found[i], LIST(found));
    split_zone(&n->found[i]);
  }
  return whole(body);
}

int tape_take_end(struct bytes *body, struct tape_end *e) {
  take(body, e, LIST(end));
  return whole(body);
}
