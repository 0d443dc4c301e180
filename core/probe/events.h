/* SPDX-License-Identifier: MIT
 *
 * events.h: the array of events that users read. It is bounded: each caller
 * first asks how many events still fit. It is emptied before the next step.
 *
 * Wrong if somebody adds an event without asking: nothing here checks for the
 * end of the array.
 */
#ifndef PROBE_EVENTS_H
#define PROBE_EVENTS_H

#include "probe/state.h"

enum { EVENTS_EXT = 1 << 17 /* bytes of extensions in one batch */ };

/* events_clear: removes the events that the caller has seen. */
void events_clear(struct core *c);

/* events_room: returns how many events still fit. */
static inline uint32_t events_room(const struct core *c) {
  return c->config.max_events - c->event_count;
}

/* events_ext_room: returns how many replies with extension bytes still fit. */
static inline uint32_t events_ext_room(const struct core *c) {
  return (EVENTS_EXT - c->ext_count) / CELL_EXT_MAX;
}

/* events_add: adds an event of |kind|, with all other fields zero. There must
 * be room. */
struct mtr_event *events_add(struct core *c, unsigned kind);

/* events_text: makes |text|[|size|], at most CELL_EXT_MAX bytes, the extension
 * of |ev|, with zeros behind it. There must be room. */
void events_text(struct core *c, struct mtr_event *ev, const void *text,
                 uint32_t size);

/* events_probe: adds an event of |kind| about |p| of |t|. There must be
 * room. */
struct mtr_event *events_probe(struct core *c, unsigned kind,
                               const struct trace *t, const struct probe *p);

#endif
