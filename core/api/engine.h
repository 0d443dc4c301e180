/* SPDX-License-Identifier: MIT
 *
 * engine.h: struct mtr: a loop with its core and transport, the configuration
 * that it was opened with, and the payloads that traces borrow.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/ahead.h"
#include "api/label.h"
#include "api/payload.h"
#include "api/replies.h"
#include "loop/clock.h"
#include "loop/loop.h"
#include "mtr.h"

struct mtr {
  struct loop loop;
  struct mtr_config config;
  struct mtr_sim *sim;   /* the simulated network, or NULL */
  uint32_t interface;    /* index of config.interface */
  uint32_t mark;         /* of every probe; 0 if the sockets have the mark */
  uint8_t *ours;         /* a page that the kernel zeroes in a forked child */
  struct payloads payloads;
  struct labels labels;  /* of addresses */
  struct replies replies;            /* of the result being written */
  struct ahead ahead;    /* fetches the next results */
  char why[256];         /* why the last call failed */
};

/* engine_trace: returns the trace of |handle|, or NULL if it is gone. */
static inline struct trace *engine_trace(struct mtr *m, uint32_t handle) {
  return state_trace(&m->loop.core, handle);
}

/* engine_running: returns the trace of |handle| if it runs, else NULL. */
static inline struct trace *engine_running(struct mtr *m, uint32_t handle) {
  struct trace *t = engine_trace(m, handle);
  return t && t->state == TRACE_RUNNING ? t : NULL;
}

/* engine_because: keeps |text| for mtr_why and returns |err|. */
int engine_because(struct mtr *m, int err, const char *text);

/* engine_refuse: keeps for mtr_why that |m| is the parent's; -ECHILD. */
int engine_refuse(struct mtr *m);

/* engine_forked: returns 0, or -ECHILD if this process is a forked child of the
 * one that opened |m|. */
static inline int engine_forked(struct mtr *m) {
  return *m->ours ? 0 : engine_refuse(m);
}

/* engine_not_ours: writes into |why|[|size|] that |addr| of |family|, the value
 * of |option|, is not an address of this host. */
void engine_not_ours(char *why, size_t size, const char *option, int family,
                     const uint8_t *addr);

#endif
