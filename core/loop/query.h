/* SPDX-License-Identifier: MIT
 *
 * query.h: questions to the DNS about addresses: which names they have, and
 * texts about them. Answers wait in a list until a step has room for their
 * events.
 */
#ifndef LOOP_QUERY_H
#define LOOP_QUERY_H

#include "loop/state.h"

/* query_reverse, query_text: do what mtr_reverse and mtr_text promise. Call
 * loop_arm after them: the answer may be there at once. */
int query_reverse(struct loop *l, const uint8_t *addr, unsigned family,
                  uint32_t cookie);
int query_text(struct loop *l, const char *name, uint32_t cookie);

/* query_report: makes events of answers, as many as fit. query_waiting: returns
 * 1 if there are answers. */
void query_report(struct loop *l);
int query_waiting(const struct loop *l);

/* query_free: frees answers that were not reported. */
void query_free(struct loop *l);

#endif
