/* SPDX-License-Identifier: MIT
 *
 * Writes results as packed records: see packed.h.
 */
#include <errno.h>
#include <string.h>

#include "api/packed.h"
#include "api/walk.h"
#include "base/bytes.h"

enum {
  REPLY_ROOM = 2 + 4 * MTR_PACKED_EVENT,
  TRACE_ROOM = PACKED_HEAD + 4 + 4 * MTR_PACKED_TRACE
};

/* A record being written: a copy of the words before, so that nothing is lost
 * if there is no room. */
struct record {
  uint8_t *start, *p, *end;
  uint32_t event[MTR_PACKED_EVENT];
  uint32_t n;            /* replies */
  int full;
};

/* Writes the words that differ from those |before|, behind |*p|. Each is
 * written, and then kept or not, so there must be room for all. Returns which
 * they are. */
static inline uint32_t put_changed(uint8_t **p, uint32_t *before,
                                   const uint32_t *w, unsigned n) {
  uint32_t changed = 0;
  uint8_t *to = *p;
  for (unsigned i = 0; i < n; i++) {
    uint32_t differs = w[i] != before[i];
    put_le(to, w[i], 4);
    to += 4 * differs;
    changed |= differs << i;
    before[i] = w[i];
  }
  *p = to;
  return changed;
}

static void put_reply(struct record *r, const struct mtr_event *e,
                      const uint8_t *ext) {
  uint32_t w[MTR_PACKED_EVENT];
  size_t more = e->ext_words * 4u;
  if ((size_t)(r->end - r->p) < REPLY_ROOM + more) {
    r->full = 1;
    return;
  }
  packed_event(w, e);
  uint8_t *p = r->p + 2;
  put_le(r->p, put_changed(&p, r->event, w, MTR_PACKED_EVENT), 2);
  r->p = put_bytes(p, ext, more);
  r->n++;
}

/* Writes the replies of |trace|. 0, or a negative errno. */
static int put_replies(struct record *r, struct mtr *m,
                       const struct trace *trace, unsigned last) {
  struct replies *replies = &m->replies;
  const struct record start = *r;
  struct walk w;
  int more = walk_begin(&w, m, trace, last);
  if (more) return more;
  while (!r->full && (more = walk_next(&w, m)) > 0)
    put_reply(r, replies->events, replies->ext);
  if (more >= 0) return 0;
  *r = start;
  int n = walk_fetch(m, trace->handle);
  for (int i = 0; i < n && !r->full; i++) {
    const struct mtr_event *e = &replies->events[i];
    put_reply(r, e, replies_ext(replies, e));
  }
  return n < 0 ? n : 0;
}

static void put_text(struct record *r, const void *text, size_t n) {
  if ((size_t)(r->end - r->p) < n + 2) {
    r->full = 1;
    return;
  }
  r->p = put_bytes(put_le(r->p, n, 2), text, n);
}

static const struct payload *label_of(const struct mtr *m, uint32_t label) {
  return label ? &m->payloads.list[label - 1] : NULL;
}

/* Writes the texts that differ from those |before|. */
static void put_texts(struct record *r, struct mtr *m,
                      const struct mtr_packing *before, uint32_t label) {
  const char *transport = mtr_transport(m);
  if (!before->any) put_text(r, transport, strlen(transport));
  if (label == before->label) return;
  const struct payload *text = label_of(m, label);
  put_text(r, text ? text->bytes : NULL, text ? text->size : 0);
}

int mtr_pack(struct mtr *m, uint32_t trace, struct mtr_packing *before,
             uint8_t *buf, uint32_t size, uint32_t *used) {
  struct mtr_info info;
  uint32_t w[MTR_PACKED_TRACE], words[MTR_PACKED_TRACE];
  int err = *used > size ? -EINVAL : mtr_describe(m, trace, &info);
  if (err) return err;
  if (info.stop_reason == MTR_STOP_NONE) return -EBUSY;
  const struct trace *t = engine_trace(m, trace);
  uint32_t label = t->opts->label;
  const struct payload *text = label_of(m, label);
  if (m->labels.count || (text && text->size > PACKED_LONGEST))
    return -EOPNOTSUPP;
  if (size - *used < TRACE_ROOM) return -EMSGSIZE;
  struct record r = {.start = buf + *used, .end = buf + size};
  /* How many replies there are is known at the end: a word that is always
   * written, in front of which all others have their place. */
  packed_trace(w, &info, 0);
  memcpy(words, before->trace, sizeof words);
  memcpy(r.event, before->event, sizeof r.event);
  words[MTR_PACKED_TRACE - 1] = UINT32_MAX;
  r.p = r.start + PACKED_HEAD + 4;
  uint32_t changed = put_changed(&r.p, words, w, MTR_PACKED_TRACE);
  uint8_t *count = r.p - 4;
  if (!before->any) changed |= PACKED_TRANSPORT;
  if (label != before->label) changed |= PACKED_LABEL;
  put_texts(&r, m, before, label);
  if (!r.full) err = put_replies(&r, m, t, info.hop_count);
  if (err) return err;
  if (r.full) return -EMSGSIZE;
  put_le(count, r.n, 4);
  uint64_t length = (uint64_t)(r.p - r.start) - PACKED_HEAD;
  put_le(put_le(put_u8(r.start, PACKED_TAG), length, 4), changed, 4);
  memcpy(before->trace, words, sizeof words);
  memcpy(before->event, r.event, sizeof r.event);
  before->label = label;
  before->any = 1;
  *used = (uint32_t)(r.p - buf);
  return 0;
}
