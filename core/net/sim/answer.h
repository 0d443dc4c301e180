/* SPDX-License-Identifier: MIT
 *
 * answer.h: what a node writes back to a packet that has ended there.
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "net/sim/state.h"
#include "net/sim/trip.h"

/* sim_answer: what the node where |trip| has ended as |r| says writes back into
 * s->in; its length, 0 for silence. */
size_t sim_answer(struct sim *s, const struct trip *trip,
                  const struct trip_result *r);

#endif
