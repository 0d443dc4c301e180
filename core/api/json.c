/* SPDX-License-Identifier: MIT */
#include "api/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "wire/ext.h"

enum { FIRST_ROOM = 64, NONE = 0xffff, EXT_MAX = 255 * 4 };

/* A piece of text with no strings from outside: a reply without its extension
 * objects, the longest, has less than 500 bytes. */
enum { PIECE = 768 };

static void put_piece(struct text *t, const char *piece, const char *end) {
  text_put(t, piece, (size_t)(end - piece));
}

static const char *protocol_word(unsigned protocol) {
  return protocol == MTR_ICMP ? "icmp" : protocol == MTR_TCP ? "tcp" : "udp";
}

static inline char *number(char *p, const char *name, uint32_t value) {
  return put_number(put_word(p, name), value);
}

static inline char *address(char *p, const char *name, const uint8_t *addr,
                            unsigned family) {
  p = put_address(put_word(p, name), addr, family);
  *p = '"';
  return p + 1;
}

static inline char *flag(char *p, unsigned set, const char *text) {
  return set ? put_word(p, text) : p;
}

/* Extension objects; what is damaged inside is told as hex, like the unknown.
 */

static int labels(struct text *t, const struct wire_object *object) {
  struct wire_mpls stack[256];
  int n = object->size % 4 ? 0 : ext_mpls(object, stack, 256);
  if (n <= 0) return 0;
  text_word(t, ",\"mpls\":[");
  for (int i = 0; i < n; i++) {
    char piece[PIECE], *p = number(piece, i ? ",{\"ttl\":" : "{\"ttl\":",
                                   stack[i].ttl);
    p = number(p, ",\"label\":", stack[i].label);
    p = number(p, ",\"tc\":", stack[i].tc);
    p = number(p, ",\"s\":", stack[i].bottom);
    *p = '}';
    put_piece(t, piece, p + 1);
  }
  text_word(t, "]}");
  return 1;
}

static int interface(struct text *t, const struct wire_object *object) {
  static const char *const roles[] = {"incoming", "sub-ip", "outgoing",
                                      "next-hop"};
  struct wire_interface in;
  char piece[PIECE], *p = put_word(piece, ",\"interface\":{");
  if (ext_interface(object, &in)) return 0;
  if (in.has & WIRE_HAS_ADDR) {
    p = address(p, "\"addr\":\"", in.addr, in.family);
    *p++ = ',';
  }
  if (in.has & WIRE_HAS_MTU) {
    p = number(p, "\"mtu\":", in.mtu);
    *p++ = ',';
  }
  if (in.has & WIRE_HAS_INDEX) {
    p = number(p, "\"ifindex\":", in.index);
    *p++ = ',';
  }
  put_piece(t, piece, p);
  if (in.has & WIRE_HAS_NAME) {
    text_word(t, "\"name\":");
    text_quote(t, in.name, in.name_size);
    text_word(t, ",");
  }
  text_word(t, "\"role\":\"");
  text_word(t, roles[in.role]);
  text_word(t, "\"}}");
  return 1;
}

static void hex(struct text *t, const struct wire_object *object) {
  static const char digits[] = "0123456789abcdef";
  text_word(t, ",\"hex\":\"");
  for (unsigned i = 0; i < object->size; i++) {
    text_put(t, &digits[object->data[i] >> 4], 1);
    text_put(t, &digits[object->data[i] & 15], 1);
  }
  text_word(t, "\"}");
}

/* Returns whether the objects end before their bytes do. */
static int extensions(struct text *t, const uint8_t *ext, unsigned size) {
  struct bytes b = bytes_of(ext, size);
  struct wire_object object;
  int more, first = 1;
  text_word(t, ",\"ext\":[");
  while ((more = ext_next(&b, &object)) > 0) {
    char piece[PIECE], *p = number(piece, first ? "{\"type\":"
                                                : ",{\"type\":", object.type);
    put_piece(t, piece, number(p, ",\"class\":", object.class));
    if (!labels(t, &object) && !interface(t, &object)) hex(t, &object);
    first = 0;
  }
  text_word(t, "]");
  return more < 0;
}

/* Replies and hops. */

/* What is in the quote that was not sent so. */
static char *changed(char *p, unsigned bits) {
  static const char *const names[] = {"src", "dst", "sport", "dport", "id",
                                      "ip_id"};
  char next = '[';
  p = put_word(p, ",\"changed\":");
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    if (!(bits & (unsigned)MTR_QUOTE_SRC << i)) continue;
    *p++ = next;
    *p++ = '"';
    p = put_word(p, names[i]);
    *p++ = '"';
    next = ',';
  }
  *p = ']';
  return p + 1;
}

static char *quoted(char *p, const struct mtr_event *e) {
  p = number(p, ",\"quoted\":{\"ttl\":", e->quoted_ttl);
  p = number(p, ",\"size\":", e->quoted_size);
  p = number(p, ",\"tos\":", e->quoted_tos);
  p = flag(p, e->flags & MTR_REPLY_NAT, ",\"nat\":true");
  if (e->stop & ~(unsigned)MTR_QUOTE_TIER) p = changed(p, e->stop);
  if (e->stop & MTR_QUOTE_TIER)
    p = number(p, ",\"tier\":", (e->stop & MTR_QUOTE_TIER) + 1u);
  p = flag(p, e->flags & MTR_REPLY_TRUNCATED, ",\"truncated\":true");
  *p = '}';
  return p + 1;
}

static char *kind(char *p, const struct mtr_event *e) {
  if (e->protocol == MTR_ICMP) {
    p = number(p, ",\"icmp_type\":", e->icmp_type);
    if (e->icmp_code != MTR_NO_CODE)
      p = number(p, ",\"icmp_code\":", e->icmp_code);
  } else if (e->protocol == MTR_TCP) {
    if (e->tcp_flags) p = number(p, ",\"tcp_flags\":", e->tcp_flags);
    if (e->mtu) p = number(p, ",\"mss\":", e->mtu);
  }
  return p;
}

/* Up to the extension objects. */
static char *begin(char *p, const struct mtr_event *e) {
  unsigned f = e->flags;
  p = address(p, "{\"addr\":\"", e->addr, e->family);
  p = put_ms(put_word(p, ",\"rtt\":"), e->rtt);
  p = number(p, ",\"attempt\":", e->attempt);
  p = put_ms(put_word(p, ",\"at\":"), e->at);
  p = put_word(p, ",\"protocol\":\"");
  p = put_word(p, protocol_word(e->protocol));
  p = number(p, "\",\"flow\":", e->flow);
  p = kind(p, e);
  if (e->reply_ttl) p = number(p, ",\"reply_ttl\":", e->reply_ttl);
  if (e->reply_size) p = number(p, ",\"reply_size\":", e->reply_size);
  if (f & MTR_REPLY_QUOTE) p = quoted(p, e);
  if (e->mtu && e->protocol != MTR_TCP) p = number(p, ",\"mtu\":", e->mtu);
  p = flag(p, f & MTR_REPLY_FINAL, ",\"final\":true");
  p = flag(p, f & MTR_REPLY_UNREACH, ",\"unreach\":true");
  p = flag(p, f & MTR_REPLY_DUP, ",\"dup\":true");
  p = flag(p, f & MTR_REPLY_LATE, ",\"late\":true");
  return put_word(p, f & MTR_REPLY_USER_TIME ? ",\"tstamp\":\"user\""
                                             : ",\"tstamp\":\"kernel\"");
}

static char *end(char *p, unsigned f) {
  enum { SAID = MTR_REPLY_DUP | MTR_REPLY_LATE | MTR_REPLY_TOO_BIG |
                MTR_REPLY_ANSWER };
  p = flag(p, f & MTR_REPLY_EXT_BAD, ",\"ext_malformed\":true");
  p = flag(p, !(f & SAID), ",\"ignored\":true");
  p = flag(p, f & MTR_REPLY_LOCAL, ",\"local_\":true");
  p = flag(p, f & MTR_REPLY_OTHER_ADDR, ",\"other_addr\":true");
  p = flag(p, f & MTR_REPLY_TE_FROM_DST, ",\"te_from_dst\":true");
  p = flag(p, f & MTR_REPLY_TOO_BIG, ",\"too_big\":true");
  *p = '}';
  return p + 1;
}

static void reply(struct text *t, const struct mtr_event *e,
                  const uint8_t *ext, int first) {
  char piece[PIECE], *p = piece;
  unsigned flags = e->flags;
  if (!first) *p++ = ',';
  p = begin(p, e);
  if (e->ext_words) {
    put_piece(t, piece, p);
    if (extensions(t, ext + e->ext, e->ext_words * 4u))
      flags |= MTR_REPLY_EXT_BAD;
    p = piece;
  }
  put_piece(t, piece, end(p, flags));
}

static char *answer(char *p, const struct mtr_event *e) {
  const char *class = mtr_address_class(e->addr, e->family);
  p = address(p, ",\"addr\":\"", e->addr, e->family);
  if (*class) {
    p = put_word(put_word(p, ",\"addr_class\":\""), class);
    *p++ = '"';
  }
  return put_ms(put_word(p, ",\"rtt\":"), e->rtt);
}

/* The records of one hop, chained from |first|. */
static void hop(struct text *t, const struct replies *r, unsigned ttl,
                unsigned first, int skipped) {
  const struct mtr_event *primary = NULL;
  char piece[PIECE], *p = piece;
  int error = 0, some = 0;
  for (unsigned i = first; i != NONE; i = r->next[i]) {
    const struct mtr_event *e = &r->events[i];
    if (!e->family) error = e->error;
    else if (e->flags & MTR_REPLY_PRIMARY) primary = e;
  }
  p = number(p, ttl > 1 ? ",{\"ttl\":" : "{\"ttl\":", ttl);
  p = flag(p, (unsigned)skipped, ",\"skipped\":true");
  if (primary) p = answer(p, primary);
  if (error) {
    p = put_word(put_word(p, ",\"error\":\""), mtr_errname(error));
    *p++ = '"';
  }
  put_piece(t, piece, put_word(p, ",\"replies\":["));
  for (unsigned i = first; i != NONE; i = r->next[i])
    if (r->events[i].family) reply(t, &r->events[i], r->ext, !some++);
  text_put(t, "]}", 2);
}

static void hops(struct text *t, struct replies *r, uint32_t n,
                 const struct mtr_info *info) {
  uint16_t first[256];
  memset(first, 0xff, sizeof first);
  while (n--) {
    uint8_t ttl = r->events[n].ttl;
    r->next[n] = first[ttl];
    first[ttl] = (uint16_t)n;
  }
  text_word(t, ",\"hops\":[");
  for (unsigned ttl = 1; ttl <= info->hop_count; ttl++)
    hop(t, r, ttl, first[ttl], ttl < info->first_ttl);
  text_word(t, "]}");
}

/* The trace itself. */

static char *head(char *p, const char *transport,
                  const struct mtr_info *info) {
  static const char *const multipath[] = {"paris", "classic", "dublin"};
  p = put_word(p, "{\"type\":\"trace\",\"version\":\"1\",\"transport\":\"");
  p = put_word(put_word(p, transport), "\",\"protocol\":\"");
  p = put_word(p, protocol_word(info->protocol));
  p = put_word(p, "\",\"multipath\":\"");
  p = put_word(p, multipath[info->multipath]);
  p = address(p, "\",\"src\":\"", info->src, info->family);
  p = address(p, ",\"dst\":\"", info->dst, info->family);
  p = address(p, ",\"target\":\"", info->dst, info->family);
  if (info->source_port) p = number(p, ",\"sport\":", info->source_port);
  if (info->protocol != MTR_ICMP) p = number(p, ",\"dport\":", info->port);
  p = number(p, ",\"flow\":", info->flow);
  if (info->family == 6 && info->flow_label <= 0xfffff)
    p = number(p, ",\"flow_label\":", info->flow_label);
  return info->size ? number(p, ",\"size\":", info->size) : p;
}

static char *outcome(char *p, const struct mtr_info *info) {
  static const char *const stop[] = {
      "none", "completed", "unreach", "icmp", "loop", "gaplimit", "error",
      "hoplimit", "gss", "lss", "halted"};
  p = put_seconds(put_word(p, ",\"start\":"), info->start);
  p = put_ms(put_word(p, ",\"duration\":"), info->duration);
  p = put_word(put_word(p, ",\"stop_reason\":\""), stop[info->stop_reason]);
  *p++ = '"';
  if (info->stop_data != MTR_NO_CODE)
    p = number(p, ",\"stop_data\":", info->stop_data);
  p = number(p, ",\"first_ttl\":", info->first_ttl);
  p = number(p, ",\"hop_count\":", info->hop_count);
  return number(p, ",\"probe_count\":", info->probes);
}

void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, struct replies *r, uint32_t n) {
  char piece[PIECE];
  put_piece(t, piece, outcome(head(piece, transport, info), info));
  hops(t, r, n, info);
}

int replies_reserve(struct replies *r, uint32_t n) {
  struct replies bigger = {.room = n};
  bigger.events = malloc(n * sizeof *r->events);
  bigger.ext = malloc((size_t)n * EXT_MAX);
  bigger.next = malloc(n * sizeof *r->next);
  if (bigger.events && bigger.ext && bigger.next) {
    replies_close(r);
    *r = bigger;
    return 0;
  }
  replies_close(&bigger);
  return -ENOMEM;
}

void replies_close(struct replies *r) {
  free(r->events);
  free(r->ext);
  free(r->next);
}

static int fetch(struct mtr *m, uint32_t handle) {
  struct replies *r = &m->replies;
  if (!r->room && replies_reserve(r, FIRST_ROOM)) return -ENOMEM;
  for (;;) {
    int n = mtr_replies(m, handle, MTR_ALL_TTLS, r->events, r->room, r->ext,
                        r->room * EXT_MAX);
    if (n < 0 || (uint32_t)n <= r->room) return n;
    if (replies_reserve(r, (uint32_t)n)) return -ENOMEM;
  }
}

int mtr_json(struct mtr *m, uint32_t handle, char *buf, uint32_t size) {
  struct mtr_info info;
  int n = mtr_describe(m, handle, &info);
  if (n < 0 || (n = fetch(m, handle)) < 0) return n;
  struct text t = {.at = buf, .end = buf + size};
  json_write(&t, mtr_transport(m), &info, &m->replies, (uint32_t)n);
  return (int)t.size;
}
