/* SPDX-License-Identifier: MIT */
#include "api/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "wire/ext.h"

enum { FIRST_ROOM = 64, NONE = 0xffff, EXT_MAX = 255 * 4 };

static const char *protocol_word(unsigned protocol) {
  return protocol == MTR_ICMP ? "icmp" : protocol == MTR_TCP ? "tcp" : "udp";
}

static void number(struct text *t, const char *name, uint64_t value) {
  text_word(t, name);
  text_number(t, value);
}

static void address(struct text *t, const char *name, const uint8_t *addr,
                    unsigned family) {
  char text[TEXT_ADDRESS];
  text_word(t, name);
  text_put(t, text, (size_t)(put_address(text, addr, family) - text));
  text_word(t, "\"");
}

static void class(struct text *t, const uint8_t *addr, unsigned family) {
  const char *word = mtr_address_class(addr, family);
  if (!*word) return;
  text_word(t, ",\"addr_class\":\"");
  text_word(t, word);
  text_word(t, "\"");
}

/* Extension objects; what is damaged inside is told as hex, like the unknown.
 */

static int labels(struct text *t, const struct wire_object *object) {
  struct wire_mpls stack[256];
  int n = object->size % 4 ? 0 : ext_mpls(object, stack, 256);
  if (n <= 0) return 0;
  text_word(t, ",\"mpls\":");
  for (int i = 0; i < n; i++) {
    number(t, i ? ",{\"ttl\":" : "[{\"ttl\":", stack[i].ttl);
    number(t, ",\"label\":", stack[i].label);
    number(t, ",\"tc\":", stack[i].tc);
    number(t, ",\"s\":", stack[i].bottom);
    text_word(t, "}");
  }
  text_word(t, "]}");
  return 1;
}

static int interface(struct text *t, const struct wire_object *object) {
  static const char *const roles[] = {"incoming", "sub-ip", "outgoing",
                                      "next-hop"};
  struct wire_interface in;
  if (ext_interface(object, &in)) return 0;
  text_word(t, ",\"interface\":{");
  if (in.has & WIRE_HAS_ADDR) {
    address(t, "\"addr\":\"", in.addr, in.family);
    text_word(t, ",");
  }
  if (in.has & WIRE_HAS_MTU) {
    number(t, "\"mtu\":", in.mtu);
    text_word(t, ",");
  }
  if (in.has & WIRE_HAS_INDEX) {
    number(t, "\"ifindex\":", in.index);
    text_word(t, ",");
  }
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
    number(t, first ? "{\"type\":" : ",{\"type\":", object.type);
    number(t, ",\"class\":", object.class);
    if (!labels(t, &object) && !interface(t, &object)) hex(t, &object);
    first = 0;
  }
  text_word(t, "]");
  return more < 0;
}

/* Replies and hops. */

static void quoted(struct text *t, const struct mtr_event *e) {
  number(t, ",\"quoted\":{\"ttl\":", e->quoted_ttl);
  number(t, ",\"size\":", e->quoted_size);
  number(t, ",\"tos\":", e->quoted_tos);
  if (e->flags & MTR_REPLY_NAT) text_word(t, ",\"nat\":true");
  if (e->flags & MTR_REPLY_TRUNCATED) text_word(t, ",\"truncated\":true");
  text_word(t, "}");
}

static void flag(struct text *t, unsigned set, const char *name) {
  if (!set) return;
  text_word(t, ",\"");
  text_word(t, name);
  text_word(t, "\":true");
}

static void kind(struct text *t, const struct mtr_event *e) {
  if (e->protocol == MTR_ICMP) {
    number(t, ",\"icmp_type\":", e->icmp_type);
    if (e->icmp_code != MTR_NO_CODE)
      number(t, ",\"icmp_code\":", e->icmp_code);
  } else if (e->protocol == MTR_TCP) {
    if (e->tcp_flags) number(t, ",\"tcp_flags\":", e->tcp_flags);
    if (e->mtu) number(t, ",\"mss\":", e->mtu);
  }
}

static void reply(struct text *t, const struct mtr_event *e,
                  const uint8_t *ext) {
  enum { SAID = MTR_REPLY_DUP | MTR_REPLY_LATE | MTR_REPLY_TOO_BIG |
                MTR_REPLY_ANSWER };
  unsigned f = e->flags, bad = f & MTR_REPLY_EXT_BAD;
  address(t, "{\"addr\":\"", e->addr, e->family);
  text_word(t, ",\"rtt\":");
  text_ms(t, e->rtt);
  number(t, ",\"attempt\":", e->attempt);
  text_word(t, ",\"at\":");
  text_ms(t, e->at);
  text_word(t, ",\"protocol\":\"");
  text_word(t, protocol_word(e->protocol));
  number(t, "\",\"flow\":", e->flow);
  kind(t, e);
  if (e->reply_ttl) number(t, ",\"reply_ttl\":", e->reply_ttl);
  if (e->reply_size) number(t, ",\"reply_size\":", e->reply_size);
  if (f & MTR_REPLY_QUOTE) quoted(t, e);
  if (e->mtu && e->protocol != MTR_TCP) number(t, ",\"mtu\":", e->mtu);
  flag(t, f & MTR_REPLY_FINAL, "final");
  flag(t, f & MTR_REPLY_UNREACH, "unreach");
  flag(t, f & MTR_REPLY_DUP, "dup");
  flag(t, f & MTR_REPLY_LATE, "late");
  text_word(t, f & MTR_REPLY_USER_TIME ? ",\"tstamp\":\"user\""
                                       : ",\"tstamp\":\"kernel\"");
  if (e->ext_words && extensions(t, ext + e->ext, e->ext_words * 4u)) bad = 1;
  flag(t, bad, "ext_malformed");
  flag(t, !(f & SAID), "ignored");
  flag(t, f & MTR_REPLY_LOCAL, "local_");
  flag(t, f & MTR_REPLY_OTHER_ADDR, "other_addr");
  flag(t, f & MTR_REPLY_TE_FROM_DST, "te_from_dst");
  flag(t, f & MTR_REPLY_TOO_BIG, "too_big");
  text_word(t, "}");
}

/* The records of one hop, chained from |first|. */
static void hop(struct text *t, const struct replies *r, unsigned ttl,
                unsigned first, int skipped) {
  const struct mtr_event *primary = NULL;
  int error = 0, some = 0;
  for (unsigned i = first; i != NONE; i = r->next[i]) {
    const struct mtr_event *e = &r->events[i];
    if (!e->family) error = e->error;
    else if (e->flags & MTR_REPLY_PRIMARY) primary = e;
  }
  number(t, "{\"ttl\":", ttl);
  if (skipped) text_word(t, ",\"skipped\":true");
  if (primary) {
    address(t, ",\"addr\":\"", primary->addr, primary->family);
    class(t, primary->addr, primary->family);
    text_word(t, ",\"rtt\":");
    text_ms(t, primary->rtt);
  }
  if (error) {
    text_word(t, ",\"error\":\"");
    text_word(t, mtr_errname(error));
    text_word(t, "\"");
  }
  text_word(t, ",\"replies\":[");
  for (unsigned i = first; i != NONE; i = r->next[i]) {
    if (!r->events[i].family) continue;
    if (some++) text_word(t, ",");
    reply(t, &r->events[i], r->ext);
  }
  text_word(t, "]}");
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
  for (unsigned ttl = 1; ttl <= info->hop_count; ttl++) {
    if (ttl > 1) text_word(t, ",");
    hop(t, r, ttl, first[ttl], ttl < info->first_ttl);
  }
  text_word(t, "]}");
}

/* The trace itself. */

static void head(struct text *t, const char *transport,
                 const struct mtr_info *info) {
  static const char *const multipath[] = {"paris", "classic", "dublin"};
  text_word(t, "{\"type\":\"trace\",\"version\":\"1\",\"transport\":\"");
  text_word(t, transport);
  text_word(t, "\",\"protocol\":\"");
  text_word(t, protocol_word(info->protocol));
  text_word(t, "\",\"multipath\":\"");
  text_word(t, multipath[info->multipath]);
  address(t, "\",\"src\":\"", info->src, info->family);
  address(t, ",\"dst\":\"", info->dst, info->family);
  address(t, ",\"target\":\"", info->dst, info->family);
  if (info->source_port) number(t, ",\"sport\":", info->source_port);
  if (info->protocol != MTR_ICMP) number(t, ",\"dport\":", info->port);
  number(t, ",\"flow\":", info->flow);
  if (info->family == 6 && info->flow_label <= 0xfffff)
    number(t, ",\"flow_label\":", info->flow_label);
  if (info->size) number(t, ",\"size\":", info->size);
}

static void outcome(struct text *t, const struct mtr_info *info) {
  static const char *const stop[] = {
      "none", "completed", "unreach", "icmp", "loop", "gaplimit", "error",
      "hoplimit", "gss", "lss", "halted"};
  text_word(t, ",\"start\":");
  text_seconds(t, info->start);
  text_word(t, ",\"duration\":");
  text_ms(t, info->duration);
  text_word(t, ",\"stop_reason\":\"");
  text_word(t, stop[info->stop_reason]);
  text_word(t, "\"");
  if (info->stop_data != MTR_NO_CODE)
    number(t, ",\"stop_data\":", info->stop_data);
  number(t, ",\"first_ttl\":", info->first_ttl);
  number(t, ",\"hop_count\":", info->hop_count);
  number(t, ",\"probe_count\":", info->probes);
}

void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, struct replies *r, uint32_t n) {
  head(t, transport, info);
  outcome(t, info);
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
