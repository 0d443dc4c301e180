/* SPDX-License-Identifier: MIT */
#include "probe/fail.h"

#include <errno.h>

#include "probe/events.h"
#include "probe/outstanding.h"
#include "probe/queue.h"
#include "probe/share.h"
#include "probe/sweep.h"
#include "probe/turns.h"

/* Keeps a failed send for the result. */
static void keep_error(struct core *c, struct trace *t, const struct probe *p,
                       unsigned error) {
  struct mtr_event ev = {.ttl = p->ttl, .attempt = p->attempt,
                         .icmp_code = (uint8_t)error};
  trace_hop(t, p->ttl)->marks |= HOP_ERROR;
  cells_add(&c->cells, &t->cells, &ev, NULL);
}

/* Corrects the counters: |p| was counted as sent but never left. */
static void take_back(struct core *c, struct probe *p) {
  if (!p->size) return;
  c->counters.probes_sent--;
  c->counters.bytes_sent -= p->size;
  p->size = 0;
}

void fail_probe(struct core *c, uint32_t handle, unsigned error, int64_t now) {
  struct probe *p = state_probe(c, handle);
  if (!p || p->state != PROBE_SENT) return;   /* its trace ended meanwhile */
  struct trace *t = state_trace(c, p->trace);
  int sweeps = trace_sweeps(t), again = error == EAGAIN && !sweeps;
  struct hop *h = trace_hop(t, p->ttl);
  outstanding_remove(c, t, p);
  wheel_remove(&c->wheel, &p->timer);
  if (h && !again) h->out--;
  if (error == EAGAIN) {
    c->counters.send_retries++;
    t->probes--;
    take_back(c, p);
    if (sweeps) h->sent--;
  } else {
    c->counters.send_errors++;
    if (p->size) c->counters.failed++;
    t->failed++;
    if (h) keep_error(c, t, p, error);
    if (t->opts->want & MTR_WANT_TIMEOUT)
      events_probe(c, MTR_EV_TIMEOUT, t, p)->error = (uint8_t)error;
  }
  if (again)
    queue_put(c, t, p);
  else
    outstanding_retire(c, p, PROBE_SILENT, now);
  if (sweeps) sweep_lost(t, p->ttl);
  share_recount(c, t);
  turns_ready(c, t);
  turns_dirty(c, t);
}
