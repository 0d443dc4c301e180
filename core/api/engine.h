/* SPDX-License-Identifier: MIT
 *
 * engine.h: what is behind struct mtr: a loop with its core and transport, the
 * configuration it was opened with, and the payloads that traces borrow.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/ahead.h"
#include "api/payload.h"
#include "api/replies.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "mtr.h"

struct mtr {
  struct loop loop;
  struct mtr_config config;
  struct mtr_sim *sim;   /* the network, if it is a simulated one */
  uint32_t interface;    /* index of config.interface */
  uint32_t mark;         /* of every probe, unless the sockets have it */
  uint32_t label;        /* IPv6 flow label of flow 0 */
  uint8_t *ours;         /* a page that a forked child finds zeroed */
  struct payloads payloads;
  struct replies replies;            /* of the result being written */
  struct ahead ahead;    /* of it */
  char why[256];         /* of the last failed call */
};

/* engine_trace: the trace of |handle|, or NULL if it is gone. */
static inline struct trace *engine_trace(struct mtr *m, uint32_t handle) {
  return state_trace(&m->loop.core, handle);
}

/* engine_running: the same, or NULL if it has ended as well. */
static inline struct trace *engine_running(struct mtr *m, uint32_t handle) {
  struct trace *t = engine_trace(m, handle);
  return t && t->state == TRACE_RUNNING ? t : NULL;
}

/* engine_because: notes |text| as the reason and returns |err|. */
int engine_because(struct mtr *m, int err, const char *text);

/* engine_not_ours: says in |why|[|size|] that |addr| of |family|, which
 * |option| gave, is no address of this host. */
void engine_not_ours(char *why, size_t size, const char *option, int family,
                     const uint8_t *addr);

#endif
