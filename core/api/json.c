/* SPDX-License-Identifier: MIT */
#include "api/json.h"

#include <errno.h>
#include <string.h>

#include "api/names.h"
#include "api/walk.h"
#include "wire/ext.h"

enum { NONE = 0x7fffffff };

static void put_piece(struct text *t, const char *piece, const char *end) {
  text_put(t, piece, (size_t)(end - piece));
}

static inline char *address(char *p, const char *name, const uint8_t *addr,
                            unsigned family) {
  p = put_address(put_word(p, name), addr, family);
  *p = '"';
  return p + 1;
}

/* Extension objects. Damaged and unknown objects are written as hex. */

static int labels(struct text *t, const struct wire_object *object) {
  struct wire_mpls stack[256];
  int n = object->size % 4 ? 0 : ext_mpls(object, stack, 256);
  if (n <= 0) return 0;
  text_word(t, ",\"mpls\":[");
  for (int i = 0; i < n; i++) {
    char piece[TEXT_PIECE], *p = put_word(piece, i ? ",{" : "{");
    p = put_member(p, "\"ttl\":", stack[i].ttl);
    p = put_member(p, ",\"label\":", stack[i].label);
    p = put_member(p, ",\"tc\":", stack[i].tc);
    p = put_member(p, ",\"s\":", stack[i].bottom);
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
  char piece[TEXT_PIECE], *p = put_word(piece, ",\"interface\":{");
  if (ext_interface(object, &in)) return 0;
  if (in.has & WIRE_HAS_ADDR) {
    p = address(p, "\"addr\":\"", in.addr, in.family);
    *p++ = ',';
  }
  put_piece(t, piece, p);
  if (in.has & WIRE_HAS_NAME) {
    text_word(t, "\"name\":");
    text_quote(t, in.name, in.name_size);
    text_word(t, ",");
  }
  p = piece;
  if (in.has & WIRE_HAS_MTU) {
    p = put_member(p, "\"mtu\":", in.mtu);
    *p++ = ',';
  }
  if (in.has & WIRE_HAS_INDEX) {
    p = put_member(p, "\"ifindex\":", in.index);
    *p++ = ',';
  }
  put_piece(t, piece, p);
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

/* Returns 1 if the last object is damaged: bytes are left over. */
static int extensions(struct text *t, const uint8_t *ext, unsigned size) {
  struct bytes b = bytes_of(ext, size);
  struct wire_object object;
  int more, first = 1;
  text_word(t, ",\"ext\":[");
  while ((more = ext_next(&b, &object)) > 0) {
    char piece[TEXT_PIECE], *p = put_word(piece, first ? "{" : ",{");
    p = put_member(p, "\"type\":", object.type);
    put_piece(t, piece, put_member(p, ",\"class\":", object.class));
    if (!labels(t, &object) && !interface(t, &object)) hex(t, &object);
    first = 0;
  }
  text_word(t, "]");
  return more < 0;
}

/* Replies and hops. */

static char *end(char *p, unsigned f) {
  enum { SAID = MTR_REPLY_DUP | MTR_REPLY_LATE | MTR_REPLY_TOO_BIG |
                MTR_REPLY_ANSWER };
  p = names_put(p, NAMES_LATE, f & SAID ? f : f | NAMES_IGNORED);
  *p = '}';
  return p + 1;
}

/* Where a piece of text has the address and the RTT, to be copied later in the
 * same piece. The copy is far enough behind for put_run, since both texts and
 * ,"replies":[{ lie in between. */
struct said {
  const char *addr, *rtt;
  size_t addr_size, rtt_size;
};

static inline char *say_addr(char *p, const struct mtr_event *e,
                             struct said *said) {
  said->addr = p;
  p = address(p, "\"addr\":\"", e->addr, e->family);
  said->addr_size = (size_t)(p - said->addr);
  return p;
}

static char *put_class(char *p, const struct mtr_event *e) {
  const char *class = mtr_address_class(e->addr, e->family);
  if (!*class) return p;
  p = put_word(put_word(p, ",\"addr_class\":\""), class);
  *p++ = '"';
  return p;
}

/* Writes what the caller knows of the address. It fits into the piece. */
static char *put_label(char *p, const struct replies *r,
                       const struct mtr_event *e) {
  const struct label *l = label_find(r->labels, e->addr, e->family);
  if (!l || !l->size) return p;
  memcpy(p, l->text, l->size);
  return p + l->size;
}

/* Marks the reply of a router that has no address: 0.0.0.0 and the like. */
static inline char *put_nobody(char *p, const struct mtr_event *e) {
  return e->family == 4 && !e->addr[0] ? put_class(p, e) : p;
}

static inline char *say_rtt(char *p, const struct mtr_event *e,
                            struct said *said) {
  said->rtt = p;
  p = put_ms(put_word(p, ",\"rtt\":"), e->rtt);
  said->rtt_size = (size_t)(p - said->rtt);
  return p;
}

static void reply(struct text *t, struct replies *r, const struct mtr_event *e,
                  const struct said *primary, int first) {
  const struct phrase *phrase = phrase_of(r->phrases, e);
  const char *text = phrase->text;
  char spare[TEXT_PIECE], *piece = text_open(t, spare), *p = piece;
  struct said now;
  unsigned flags = e->flags;
  *p = ',';
  p += !first;
  *p++ = '{';
  if (primary) {
    p = put_nobody(put_run(p, primary->addr, primary->addr_size), e);
    if (r->labels) p = put_label(p, r, e);
    p = put_run(p, primary->rtt, primary->rtt_size);
  } else {
    p = put_nobody(say_addr(p, e, &now), e);
    if (r->labels) p = put_label(p, r, e);
    p = say_rtt(p, e, &now);
  }
  p = put_ms(put_run(p, text, phrase->at), e->at);
  p = put_run(p, text + phrase->at, phrase->reply_ttl - phrase->at);
  if (e->reply_ttl) p = put_small(p, e->reply_ttl);
  if (e->reply_size && e->family == 4)
    p = put_member(p, ",\"ip_id\":", e->ip_id);
  p = put_run(p, text + phrase->reply_ttl, phrase->size - phrase->reply_ttl);
  if (e->ext_words) {
    text_close(t, piece, p);
    const uint8_t *ext = replies_ext(r, e);
    if (extensions(t, ext, e->ext_words * 4u))
      flags |= MTR_REPLY_EXT_BAD;
    p = piece = text_open(t, spare);
  }
  text_close(t, piece, end(p, flags));
}

/* Writes how many probes of a hop were not answered, or not sent. */
static char *put_missed(char *p, const struct mtr_event *e) {
  if (e->attempt) p = put_member(p, ",\"unanswered\":", e->attempt);
  if (e->stop) p = put_member(p, ",\"failed\":", e->stop);
  if (!e->error) return p;
  p = put_word(put_word(p, ",\"error\":\""), mtr_errname(e->error));
  *p = '"';
  return p + 1;
}

/* Writes one hop: the events chained from |first|. */
static void hop(struct text *t, struct replies *r, unsigned ttl,
                unsigned first, int skipped) {
  const struct mtr_event *primary = NULL, *missed = NULL;
  char spare[TEXT_PIECE], *piece = text_open(t, spare), *p = piece;
  struct said said;
  int some = 0;
  for (unsigned i = first; i != NONE; i = r->next[i]) {
    const struct mtr_event *e = &r->events[i];
    if (!e->family) missed = e;
    else if (e->flags & MTR_REPLY_PRIMARY) primary = e;
  }
  *p = ',';
  p = put_small(put_word(p + (ttl > 1), "{\"ttl\":"), ttl);
  p = put_if(p, (unsigned)skipped, ",\"skipped\":true");
  if (primary) {
    *p++ = ',';
    p = put_class(say_addr(p, primary, &said), primary);
    if (r->labels) p = put_label(p, r, primary);
    p = say_rtt(p, primary, &said);
  }
  if (missed) p = put_missed(p, missed);
  text_close(t, piece, put_word(p, ",\"replies\":["));
  for (unsigned i = first; i != NONE; i = r->next[i]) {
    const struct mtr_event *e = &r->events[i];
    if (e->family) reply(t, r, e, e == primary ? &said : NULL, !some++);
  }
  text_put(t, "]}", 2);
}

static void hops(struct text *t, struct replies *r, uint32_t n,
                 const struct mtr_info *info) {
  uint32_t first[256];
  for (unsigned i = 0; i < 256; i++) first[i] = NONE;
  while (n--) {
    uint8_t ttl = r->events[n].ttl;
    r->next[n] = first[ttl];
    first[ttl] = n;
  }
  for (unsigned ttl = 1; ttl <= info->hop_count; ttl++)
    hop(t, r, ttl, first[ttl], ttl < info->first_ttl);
}

/* The trace itself. */

static char *head(char *p, const char *transport,
                  const struct mtr_info *info) {
  p = put_word(p, "\"transport\":\"");
  p = put_word(put_word(p, transport), "\",\"protocol\":\"");
  p = put_word(p, names_protocol(info->protocol));
  p = put_word(p, "\",\"multipath\":\"");
  p = put_word(p, names_multipath[info->multipath]);
  p = address(p, "\",\"src\":\"", info->src, info->family);
  p = address(p, ",\"dst\":\"", info->dst, info->family);
  p = address(p, ",\"target\":\"", info->dst, info->family);
  if (info->source_port) p = put_member(p, ",\"sport\":", info->source_port);
  if (info->protocol != MTR_ICMP) p = put_member(p, ",\"dport\":", info->port);
  if (info->icmp_sum) p = put_member(p, ",\"icmp_sum\":", info->icmp_sum);
  p = put_member(p, ",\"flow\":", info->flow);
  if (info->family == 6 && info->flow_label <= 0xfffff)
    p = put_member(p, ",\"flow_label\":", info->flow_label);
  if (info->size) p = put_member(p, ",\"size\":", info->size);
  p = put_member(p, ",\"tos\":", info->tos);
  if (info->protocol == MTR_TCP)
    p = put_word(p, info->flags & MTR_TCP_ACK ? ",\"tcp_flags\":\"ack\""
                                              : ",\"tcp_flags\":\"syn\"");
  return p;
}

static char *outcome(char *p, const struct mtr_info *info) {
  p = put_seconds(put_word(p, ",\"start\":"), info->start);
  p = put_ms(put_word(p, ",\"duration\":"), info->duration);
  if (info->stop_reason != MTR_STOP_NONE) {
    p = put_word(put_word(p, ",\"stop_reason\":\""),
                 names_stop[info->stop_reason]);
    *p++ = '"';
    if (info->stop_data != MTR_NO_CODE)
      p = put_member(p, ",\"stop_data\":", info->stop_data);
  }
  p = put_member(p, ",\"first_ttl\":", info->first_ttl);
  p = put_member(p, ",\"max_ttl\":", info->max_ttl);
  p = put_member(p, ",\"window\":", info->window);
  p = put_member(p, ",\"queries\":", info->queries);
  p = put_member(p, ",\"attempts\":", info->attempts);
  p = put_ms(put_word(p, ",\"timeout\":"), info->timeout);
  p = put_member(p, ",\"gap_limit\":", info->gap_limit);
  p = put_member(p, ",\"loop_limit\":", info->loop_limit);
  p = put_member(p, ",\"hop_count\":", info->hop_count);
  return put_member(p, ",\"probe_count\":", info->probes);
}

/* Writes the line up to the hops. */
static void begin(struct text *t, const char *transport,
                  const struct mtr_info *info, const struct payload *label) {
  text_word(t, "{\"type\":\"trace\",\"version\":\"2\"");
  if (label) text_put(t, (const char *)label->bytes, label->size);
  text_word(t, ",");
  char spare[TEXT_PIECE], *piece = text_open(t, spare);
  char *p = outcome(head(piece, transport, info), info);
  text_close(t, piece, put_word(p, ",\"hops\":["));
}

void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, const struct payload *label,
                struct replies *r, uint32_t n) {
  begin(t, transport, info, label);
  hops(t, r, n, info);
  text_put(t, "]}", 2);
}

/* Writes the hops of |trace| directly from its cells, if these are one for each
 * TTL and in order, as mostly; else returns 0. */
static int in_order(struct text *t, struct mtr *m, const struct trace *trace,
                    const struct mtr_info *info) {
  struct replies *r = &m->replies;
  struct walk w;
  unsigned ttl = 1;
  int more;
  if (walk_begin(&w, m, trace, info->hop_count)) return 0;
  r->next[0] = NONE;
  while ((more = walk_next(&w, m)) > 0) {
    for (; ttl < r->events->ttl; ttl++)
      hop(t, r, ttl, NONE, ttl < info->first_ttl);
    hop(t, r, ttl, 0, ttl < info->first_ttl);
    ttl++;
  }
  for (; !more && ttl <= info->hop_count; ttl++)
    hop(t, r, ttl, NONE, ttl < info->first_ttl);
  return !more;
}

int mtr_json(struct mtr *m, uint32_t handle, char *buf, uint32_t size) {
  struct mtr_info info;
  struct replies *r = &m->replies;
  int n = mtr_describe(m, handle, &info);
  if (n < 0) return n;
  r->labels = m->labels.count ? &m->labels : NULL;
  struct text t = {.at = buf, .end = buf + size};
  const struct trace *trace = state_trace(&m->loop.core, handle);
  uint32_t label = trace->opts->label;
  begin(&t, mtr_transport(m), &info,
        label ? &m->payloads.list[label - 1] : NULL);
  struct text start = t;
  if (!in_order(&t, m, trace, &info)) {
    if ((n = walk_fetch(m, handle)) < 0) return n;
    t = start;
    hops(&t, r, (uint32_t)n, &info);
  }
  text_put(&t, "]}", 2);
  return (int)t.size;
}
