/* SPDX-License-Identifier: MIT */
#include "api/phrase.h"

#include <string.h>

#include "api/names.h"

/* Writes which fields of the quote differ from what was sent. */
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
  p = put_member(p, ",\"quoted\":{\"ttl\":", e->quoted_ttl);
  p = put_member(p, ",\"size\":", e->quoted_size);
  p = put_member(p, ",\"tos\":", e->quoted_tos);
  p = put_if(p, e->flags & MTR_REPLY_NAT, ",\"nat\":true");
  if (e->stop & ~(unsigned)MTR_QUOTE_TIER) p = changed(p, e->stop);
  if (e->stop & MTR_QUOTE_TIER)
    p = put_member(p, ",\"tier\":", (e->stop & MTR_QUOTE_TIER) + 1u);
  p = put_if(p, e->flags & MTR_REPLY_TRUNCATED, ",\"truncated\":true");
  *p = '}';
  return p + 1;
}

static char *kind(char *p, const struct mtr_event *e) {
  p = put_word(p, ",\"protocol\":\"");
  p = put_word(p, names_protocol(e->protocol));
  p = put_member(p, "\",\"flow\":", e->flow);
  if (e->reply_size) p = put_member(p, ",\"tos\":", e->tos);
  if (e->protocol == MTR_ICMP) {
    p = put_member(p, ",\"icmp_type\":", e->icmp_type);
    if (e->icmp_code != MTR_NO_CODE)
      p = put_member(p, ",\"icmp_code\":", e->icmp_code);
  } else if (e->protocol == MTR_TCP) {
    if (e->tcp_flags) p = put_member(p, ",\"tcp_flags\":", e->tcp_flags);
    if (e->mtu) p = put_member(p, ",\"mss\":", e->mtu);
  }
  return put_if(p, e->reply_ttl, ",\"reply_ttl\":");
}

static char *rest(char *p, const struct mtr_event *e) {
  unsigned f = e->flags;
  if (e->reply_size) p = put_member(p, ",\"reply_size\":", e->reply_size);
  if (f & MTR_REPLY_QUOTE) p = quoted(p, e);
  if (e->mtu && e->protocol != MTR_TCP) p = put_member(p, ",\"mtu\":", e->mtu);
  p = names_put(p, NAMES_EARLY, f);
  return put_word(p, f & MTR_REPLY_USER_TIME ? ",\"tstamp\":\"user\""
                                             : ",\"tstamp\":\"kernel\"");
}

static void fill(struct phrase *phrase, const struct mtr_event *e) {
  char *p = put_member(phrase->text, ",\"attempt\":", e->attempt);
  p = put_word(p, ",\"at\":");
  phrase->at = (uint16_t)(p - phrase->text);
  p = kind(p, e);
  phrase->reply_ttl = (uint16_t)(p - phrase->text);
  p = rest(p, e);
  phrase->size = (uint16_t)(p - phrase->text);
}

static uint32_t hash(const uint32_t key[PHRASE_KEY]) {
  return (key[0] * 0x9e3779b1u + key[1] * 0x85ebca77u + key[2] * 0xc2b2ae3du +
          key[3] * 0x27d4eb2fu + key[4] * 0x165667b1u) >> 16;
}

static int is(const uint32_t a[PHRASE_KEY], const uint32_t b[PHRASE_KEY]) {
  return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) |
           (a[4] ^ b[4]));
}

static uint32_t pack(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a | b << 8 | c << 16 | d << 24;
}

/* Fills in all that the text depends on. */
static void read_key(uint32_t key[PHRASE_KEY], const struct mtr_event *e) {
  key[0] = e->flags | (uint32_t)e->flow << 16;
  key[1] = pack(e->attempt, e->stop, e->protocol, e->icmp_type);
  key[2] = pack(e->icmp_code, e->reply_ttl > 0, e->tos, e->quoted_ttl);
  key[3] = e->reply_size | (uint32_t)e->mtu << 16;
  key[4] = e->quoted_size | (uint32_t)e->quoted_tos << 16;
}

const struct phrase *phrase_of(struct phrase *cache,
                               const struct mtr_event *e) {
  uint32_t key[PHRASE_KEY];
  read_key(key, e);
  struct phrase *phrase = &cache[hash(key) % PHRASES];
  if (phrase->size && is(phrase->key, key)) return phrase;
  memcpy(phrase->key, key, sizeof key);
  fill(phrase, e);
  return phrase;
}
