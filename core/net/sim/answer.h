/* SPDX-License-Identifier: MIT
 *
 * answer.h: writes the answer of a node to a packet whose way ended there.
 */
#ifndef SIM_ANSWER_H
#define SIM_ANSWER_H

#include "net/sim/state.h"
#include "net/sim/trip.h"

/* sim_answer: writes into s->in what the node answers where |trip| ended with
 * the result |r|. Returns its length; 0: no answer. */
size_t sim_answer(struct sim *s, const struct trip *trip,
                  const struct trip_result *r);

#endif
