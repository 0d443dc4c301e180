/* SPDX-License-Identifier: MIT
 *
 * lane.h: lanes. All traces in a lane together send no faster than its rate,
 * for example all traces to one network. A trace may be in several lanes, and
 * sends when each of them allows it.
 *
 * A trace that must wait for a lane gets a turn: the time when it wakes up.
 * Each trace has a different one, so that not all traces of the lane wake up
 * for each probe. The pace of the lane decides whether a probe may go then. A
 * trace that comes too early waits until the next probe may go. A trace that
 * ends leaves its turn unused.
 *
 * Wrong if a trace stays in its lanes after its release.
 */
#ifndef PROBE_LANE_H
#define PROBE_LANE_H

#include "probe/state.h"

enum lane_state { LANE_FREE, LANE_OPEN, LANE_CLOSING };

struct lane {
  uint32_t next_free;    /* of the slab, while free */
  uint32_t users;        /* traces in it */
  uint32_t state;        /* enum lane_state */
  uint32_t pad;
  struct pace pace;
  int64_t turn;          /* ns; the next trace that waits gets this turn */
};

/* lane_open: opens a lane with |rate| probes per second, above 0. Returns its
 * number, from 1; 0: no memory. It may allocate. */
uint32_t lane_open(struct core *c, double rate, int64_t now);

/* lane_close: lets no more traces into lane |number|, and frees it when the
 * last one has left. 0; -ESTALE: it is not open. */
int lane_close(struct core *c, uint32_t number);

/* lane_rate: changes the rate of lane |number|, above 0, also for the traces
 * that are in it. 0; -ESTALE: it is not open. Its time grows with the number
 * of traces of the engine. */
int lane_rate(struct core *c, uint32_t number, double rate, int64_t now);

/* lane_known: returns 1 if all of |lanes|[MTR_LANES] that are not 0 are
 * open. */
int lane_known(const struct core *c, const uint32_t *lanes);

/* lane_join: puts |t|, which has an extra, into |lanes|[MTR_LANES]. lane_leave:
 * takes it out of all. */
void lane_join(struct core *c, struct trace *t, const uint32_t *lanes);
void lane_leave(struct core *c, const struct trace *t);

/* lane_wake: returns when to wake |t|, which is in a lane; a time up to |now|:
 * it may send now. */
int64_t lane_wake(const struct core *c, struct trace *t, int64_t now);

/* lane_sent: notes that |t| sends a probe at |now|. */
void lane_sent(struct core *c, struct trace *t, int64_t now);

#endif
