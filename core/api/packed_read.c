/* SPDX-License-Identifier: MIT
 *
 * Reads packed records (see packed.h), which may come from anybody, and writes
 * them as JSON or warts. Numbers that have no meaning are refused, so that
 * readers of results (lua/mtr/record/members.lua) take the line. The texts of a
 * record go into its JSON unchecked: a caller that does not trust the writer
 * checks the line, for instance with mtr_json_verbatim.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/names.h"
#include "api/packed.h"
#include "api/warts.h"
#include "base/bytes.h"

enum {
  MOST_REPLIES = 1 << 20,
  MOST_EXT = 1 << 26,    /* bytes of extension objects that events can name */
  LEAST_REPLY = 2,       /* bytes of a reply */
  LONGEST_NAME = 32      /* bytes of the name of a transport */
};

/* The longest time of a result, in ms: some 31 years. */
static const double LONGEST_TIME = 1e12;

/* A text of the run: the same until another one comes. */
struct kept {
  char *text;            /* owned; with a zero behind it */
  uint32_t size;
};

struct mtr_unpacker {
  uint32_t trace[MTR_PACKED_TRACE], event[MTR_PACKED_EVENT];
  struct kept transport, label;
  struct mtr_info info;  /* of the record that was read last */
  struct replies replies;            /* owned */
  uint32_t n;            /* of them */
};

struct mtr_unpacker *mtr_unpacker(void) {
  return calloc(1, sizeof(struct mtr_unpacker));
}

void mtr_unpacker_free(struct mtr_unpacker *u) {
  if (!u) return;
  replies_close(&u->replies);
  free(u->transport.text);
  free(u->label.text);
  free(u);
}

void mtr_unpack_begin(struct mtr_unpacker *u) {
  memset(u->trace, 0, sizeof u->trace);
  memset(u->event, 0, sizeof u->event);
  u->transport.size = 0;
  u->label.size = 0;
}

/* Reads the words that |changed| names. */
static void take_changed(struct bytes *b, uint32_t changed, uint32_t *w,
                         unsigned n) {
  for (unsigned i = 0; i < n; i++)
    if (changed >> i & 1) w[i] = (uint32_t)bytes_le(b, 4);
}

static int take_text(struct bytes *b, struct kept *kept) {
  size_t n = bytes_le(b, 2);
  const uint8_t *from = bytes_take(b, n);
  if (!from || n > PACKED_LONGEST) return -EBADMSG;
  char *text = realloc(kept->text, n + 1);
  if (!text) return -ENOMEM;
  if (n) memcpy(text, from, n);
  text[n] = 0;
  *kept = (struct kept){text, (uint32_t)n};
  return 0;
}

static int good_family(unsigned family) { return family == 4 || family == 6; }

/* Not so if |ms| is not a number. */
static int good_time(double ms) { return ms >= 0 && ms <= LONGEST_TIME; }

/* A record is of a trace that has ended. */
static int good_stop(unsigned reason) {
  return reason != MTR_STOP_NONE && reason < names_stops;
}

static int good_info(const struct mtr_info *i) {
  return good_family(i->family) && mtr_protocol_name(i->protocol) &&
         i->multipath <= MTR_DUBLIN && good_stop(i->stop_reason) &&
         i->first_ttl && i->first_ttl <= i->max_ttl && i->window &&
         i->queries && i->attempts && good_time(i->duration) &&
         good_time(i->timeout);
}

/* An event without an address counts probes, and may count none. */
static int good_event(const struct mtr_event *e) {
  return !e->family ||
         (good_family(e->family) && mtr_protocol_name(e->protocol) &&
          e->attempt && good_time(e->rtt) && good_time(e->at));
}

/* The JSON has it as it is. */
static int good_name(const struct kept *k) {
  return k->size && k->size <= LONGEST_NAME &&
         strspn(k->text, "abcdefghijklmnopqrstuvwxyz-") == k->size;
}

static int take_replies(struct bytes *b, struct mtr_unpacker *u, uint32_t n) {
  struct replies *r = &u->replies;
  uint32_t used = 0;
  int err = n > MOST_REPLIES || n > bytes_left(b) / LEAST_REPLY ? -EBADMSG
            : replies_reserve_ext(r, n, bytes_left(b));
  if (err) return err;
  for (u->n = 0; u->n < n; u->n++) {
    struct mtr_event *e = &r->events[u->n];
    uint32_t changed = (uint32_t)bytes_le(b, 2);
    take_changed(b, changed, u->event, MTR_PACKED_EVENT);
    packed_reply(e, u->event);
    const uint8_t *ext = bytes_take(b, e->ext_words * 4u);
    if (b->bad || changed >> MTR_PACKED_EVENT || used >= MOST_EXT ||
        !good_event(e))
      return -EBADMSG;
    if (e->ext_words) memcpy(r->ext + used, ext, e->ext_words * 4u);
    e->ext = (uint16_t)(used / 4);
    e->ext_high = (uint8_t)(used / 4 >> 16);
    used += e->ext_words * 4u;
  }
  return bytes_left(b) ? -EBADMSG : 0;
}

static int take_record(struct bytes *b, struct mtr_unpacker *u) {
  uint32_t changed = (uint32_t)bytes_le(b, 4);
  const uint32_t known = (1u << MTR_PACKED_TRACE) - 1;
  take_changed(b, changed, u->trace, MTR_PACKED_TRACE);
  uint32_t n = packed_info(&u->info, u->trace);
  int err = 0;
  if (changed & PACKED_TRANSPORT) err = take_text(b, &u->transport);
  if (!err && changed & PACKED_LABEL) err = take_text(b, &u->label);
  if (err) return err;
  if (changed & ~(known | PACKED_TRANSPORT | PACKED_LABEL)) return -EBADMSG;
  if (b->bad || !good_name(&u->transport) || !good_info(&u->info))
    return -EBADMSG;
  return take_replies(b, u, n);
}

int mtr_unpack(struct mtr_unpacker *u, const uint8_t *bytes, uint32_t size,
               uint32_t *at) {
  u->n = 0;
  u->info = (struct mtr_info){0};
  if (*at > size) return -EINVAL;
  struct bytes b = bytes_of(bytes + *at, size - *at);
  uint8_t tag = bytes_u8(&b);
  uint32_t n = (uint32_t)bytes_le(&b, 4);
  const uint8_t *from = bytes_take(&b, n);
  if (tag != PACKED_TAG || !from) return -EBADMSG;
  struct bytes record = bytes_of(from, n);
  int err = take_record(&record, u);
  if (err) {
    u->n = 0;
    u->info = (struct mtr_info){0};
    return err;
  }
  *at += PACKED_HEAD + n;
  return 0;
}

int mtr_unpack_json(struct mtr_unpacker *u, char *buf, uint32_t size) {
  if (!u->info.family) return -ESTALE;
  struct text t = {.at = buf, .end = buf + size};
  const struct payload label = {(uint8_t *)u->label.text, u->label.size};
  json_write(&t, u->transport.text, &u->info, label.size ? &label : NULL,
             &u->replies, u->n);
  return t.size > INT32_MAX ? -EMSGSIZE : (int)t.size;
}

int mtr_unpack_warts(struct mtr_unpacker *u, uint32_t list, uint32_t cycle,
                     uint8_t *buf, uint32_t size) {
  if (!u->info.family) return -ESTALE;
  const struct warts_ids ids = {list, cycle, 0};
  return warts_write(&u->info, &u->replies, u->n, &ids, buf, size);
}
