/* SPDX-License-Identifier: MIT
 *
 * The words of packed records. Word 9 of an event has in its upper byte how
 * many words its extension objects are.
 */
#include "api/packed.h"

#include <string.h>

static uint32_t bytes(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a | b << 8 | c << 16 | (uint32_t)d << 24;
}

static uint32_t halves(unsigned low, unsigned high) {
  return low | (uint32_t)high << 16;
}

/* Byte |i| of a word. */
static uint8_t byte(uint32_t w, unsigned i) { return (uint8_t)(w >> 8 * i); }

static uint16_t low(uint32_t w) { return (uint16_t)w; }
static uint16_t high(uint32_t w) { return (uint16_t)(w >> 16); }

static void put_double(uint32_t *w, double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  w[0] = (uint32_t)bits;
  w[1] = (uint32_t)(bits >> 32);
}

static double get_double(const uint32_t *w) {
  uint64_t bits = w[0] | (uint64_t)w[1] << 32;
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static void put_addr(uint32_t *w, const uint8_t *a) {
  for (unsigned i = 0; i < 4; i++)
    w[i] = bytes(a[4 * i], a[4 * i + 1], a[4 * i + 2], a[4 * i + 3]);
}

static void get_addr(uint8_t *a, const uint32_t *w) {
  for (unsigned i = 0; i < 16; i++) a[i] = byte(w[i / 4], i % 4);
}

void packed_trace(uint32_t *w, const struct mtr_info *i, uint32_t n) {
  put_double(w, i->start);
  put_double(w + 2, i->duration);
  put_double(w + 4, i->timeout);
  w[6] = i->probes;
  w[7] = i->flow_label;
  w[8] = halves(i->source_port, i->port);
  w[9] = halves(i->flow, i->size);
  w[10] = bytes(i->family, i->protocol, i->multipath, i->first_ttl);
  w[11] = bytes(i->hop_count, i->stop_reason, i->stop_data, i->tos);
  put_addr(w + 12, i->src);
  put_addr(w + 16, i->dst);
  w[20] = i->flags;
  w[21] = bytes(i->max_ttl, i->window, i->queries, i->attempts);
  w[22] = bytes(i->gap_limit, i->loop_limit, i->icmp_sum & 255u,
                i->icmp_sum >> 8);
  w[23] = n;
}

uint32_t packed_info(struct mtr_info *i, const uint32_t *w) {
  *i = (struct mtr_info){
      .start = get_double(w),
      .duration = get_double(w + 2),
      .timeout = get_double(w + 4),
      .probes = w[6],
      .flow_label = w[7],
      .source_port = low(w[8]),
      .port = high(w[8]),
      .flow = low(w[9]),
      .size = high(w[9]),
      .family = byte(w[10], 0),
      .protocol = byte(w[10], 1),
      .multipath = byte(w[10], 2),
      .first_ttl = byte(w[10], 3),
      .hop_count = byte(w[11], 0),
      .stop_reason = byte(w[11], 1),
      .stop_data = byte(w[11], 2),
      .tos = byte(w[11], 3),
      .flags = w[20],
      .max_ttl = byte(w[21], 0),
      .window = byte(w[21], 1),
      .queries = byte(w[21], 2),
      .attempts = byte(w[21], 3),
      .gap_limit = byte(w[22], 0),
      .loop_limit = byte(w[22], 1),
      .icmp_sum = high(w[22]),
  };
  get_addr(i->src, w + 12);
  get_addr(i->dst, w + 16);
  return w[23];
}

void packed_event(uint32_t *w, const struct mtr_event *e) {
  w[0] = bytes(e->family, e->ttl, e->attempt, e->protocol);
  put_addr(w + 1, e->addr);
  memcpy(w + 5, &e->rtt, sizeof *w);
  memcpy(w + 6, &e->at, sizeof *w);
  w[7] = halves(e->flags, e->flow);
  w[8] = bytes(e->tos, e->stop, e->icmp_type, e->icmp_code);
  w[9] = bytes(e->reply_ttl, e->quoted_ttl, e->quoted_tos, e->ext_words);
  w[10] = halves(e->reply_size, e->quoted_size);
  w[11] = halves(e->mtu, e->ip_id);
}

void packed_reply(struct mtr_event *e, const uint32_t *w) {
  *e = (struct mtr_event){
      .kind = byte(w[0], 0) ? MTR_EV_REPLY : MTR_EV_TIMEOUT,
      .family = byte(w[0], 0),
      .ttl = byte(w[0], 1),
      .attempt = byte(w[0], 2),
      .protocol = byte(w[0], 3),
      .flags = low(w[7]),
      .flow = high(w[7]),
      .tos = byte(w[8], 0),
      .stop = byte(w[8], 1),
      .icmp_type = byte(w[8], 2),
      .icmp_code = byte(w[8], 3),
      .reply_ttl = byte(w[9], 0),
      .quoted_ttl = byte(w[9], 1),
      .quoted_tos = byte(w[9], 2),
      .ext_words = byte(w[9], 3),
      .reply_size = low(w[10]),
      .quoted_size = high(w[10]),
      .mtu = low(w[11]),
      .ip_id = high(w[11]),
  };
  get_addr(e->addr, w + 1);
  memcpy(&e->rtt, w + 5, sizeof e->rtt);
  memcpy(&e->at, w + 6, sizeof e->at);
}
