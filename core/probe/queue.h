/* SPDX-License-Identifier: MIT
 *
 * queue.h: the probes that a trace was told to send and has not sent yet, first
 * in, first out. Only traces that no sweep drives have such a queue.
 */
#ifndef PROBE_QUEUE_H
#define PROBE_QUEUE_H

#include "probe/state.h"

/* queue_put: puts |p| at the end of what |t| has to send. */
void queue_put(struct core *c, struct trace *t, struct probe *p);

/* queue_take: takes the first of what |t| has to send; NULL: there is none. */
struct probe *queue_take(struct core *c, struct trace *t);

#endif
