/* SPDX-License-Identifier: MIT */
#include "net/tape/replay_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/tape/replay_find.h"

enum { IDS = 0x8001, PORTS = 0x10000, PLACES = 1 << 19, FAR = 64 };

/* The latest probe for each value of a field, and for each probe the one before
 * it with the same value. */
struct latest {
  uint32_t id[IDS], ip_id[PORTS], port[PORTS], place[PLACES];
  uint32_t *before_id, *before_ip_id, *before_port;   /* by entry */
};

static void read_probe(const struct replay_file *f, uint32_t entry,
                       struct tape_send *s) {
  struct bytes body = replay_body(f, f->entries[entry].body);
  tape_take_send(&body, s);
}

static void sent(const struct replay_file *f, struct latest *l,
                 uint32_t entry) {
  struct tape_send s;
  read_probe(f, entry, &s);
  uint32_t *id = &l->id[s.probe.id < IDS ? s.probe.id : 0];
  uint16_t number = s.probe.ip_id ? s.probe.ip_id : s.probe.id;
  uint32_t *ip_id = &l->ip_id[number];
  uint32_t *port = &l->port[s.probe.sport];
  l->before_id[entry] = *id;
  l->before_ip_id[entry] = *ip_id;
  l->before_port[entry] = *port;
  *id = *ip_id = *port = l->place[s.probe.handle & (PLACES - 1)] = entry;
}

/* Returns how well the probe |s| fits the reply |r|: 0 not, 1 perhaps, 2 for
 * certain. |by_id|: it was found by its identity, otherwise by its port. */
static int fits(const struct tape_send *s, const struct wire_reply *r,
                int by_id) {
  if (s->probe.family != r->family || s->probe.protocol != r->quoted_protocol)
    return 0;
  if (by_id) return 1 + (s->probe.sport == r->sport);
  return 1 + !memcmp(s->probe.dst, r->quoted_dst, sizeof s->probe.dst);
}

static uint32_t search(const struct replay_file *f, const struct wire_reply *r,
                       uint32_t entry, const uint32_t *before, int by_id) {
  uint32_t best = REPLAY_NONE;
  for (int i = 0; i < FAR && entry != REPLAY_NONE; i++) {
    struct tape_send s;
    read_probe(f, entry, &s);
    int fit = fits(&s, r, by_id);
    if (fit == 2) return entry;
    if (fit && best == REPLAY_NONE) best = entry;
    entry = before[entry];
  }
  return best;
}

static uint32_t of_id(const struct replay_file *f, const struct latest *l,
                      const struct wire_reply *r) {
  if (!r->id || r->id >= IDS) return REPLAY_NONE;
  return search(f, r, l->id[r->id], l->before_id, 1);
}

static uint32_t of_ip_id(const struct replay_file *f, const struct latest *l,
                         const struct wire_reply *r) {
  if (!r->ip_id) return REPLAY_NONE;
  return search(f, r, l->ip_id[r->ip_id], l->before_ip_id, 1);
}

static uint32_t of_handle(const struct replay_file *f, const struct latest *l,
                          const struct wire_reply *r) {
  uint32_t entry = l->place[r->handle & (PLACES - 1)];
  struct tape_send s;
  if (entry == REPLAY_NONE) return REPLAY_NONE;
  read_probe(f, entry, &s);
  return s.probe.handle == r->handle ? entry : REPLAY_NONE;
}

static uint32_t about(const struct replay_file *f, const struct latest *l,
                      const struct wire_reply *r) {
  if (r->handle) return of_handle(f, l, r);
  uint32_t entry = of_id(f, l, r);
  if (entry == REPLAY_NONE) entry = of_ip_id(f, l, r);
  if (entry == REPLAY_NONE)
    entry = search(f, r, l->port[r->sport], l->before_port, 0);
  return entry;
}

static struct latest *latest_new(uint32_t entries) {
  struct latest *l = malloc(sizeof *l);
  if (!l) return NULL;
  memset(l, 0xff, sizeof *l);
  l->before_id = malloc((entries + 1u) * sizeof *l->before_id);
  l->before_ip_id = malloc((entries + 1u) * sizeof *l->before_ip_id);
  l->before_port = malloc((entries + 1u) * sizeof *l->before_port);
  return l;
}

int replay_link(struct replay_file *f) {
  struct latest *l = latest_new(f->entry_count);
  uint32_t e = 0;
  int err = l && l->before_id && l->before_ip_id && l->before_port
                ? 0 : -ENOMEM;
  for (uint32_t i = 0; i < f->reply_count && !err; i++) {
    struct replay_reply *reply = &f->replies[i];
    struct wire_reply r;
    for (; e < f->entry_count && f->entries[e].body < reply->body; e++)
      if (f->entries[e].kind == TAPE_SEND) sent(f, l, e);
    if (f->bytes[reply->body - 1] != TAPE_REPLY) continue;
    struct bytes body = replay_body(f, reply->body);
    tape_take_reply(&body, &r);
    reply->entry = about(f, l, &r);
  }
  for (uint32_t i = f->reply_count; i > 0 && !err; i--) {
    struct replay_reply *reply = &f->replies[i - 1];
    if (reply->entry == REPLAY_NONE) continue;
    reply->next = f->entries[reply->entry].replies;
    f->entries[reply->entry].replies = i - 1;
  }
  if (l) {
    free(l->before_id);
    free(l->before_ip_id);
    free(l->before_port);
  }
  free(l);
  return err;
}
