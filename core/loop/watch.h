/* SPDX-License-Identifier: MIT
 *
 * watch.h: descriptors of users, told when they can be read or written, so that
 * a program can wait for its input, its output and its traces in one place.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include "loop/state.h"

/* watch_start, watch_stop: as mtr_watch and mtr_unwatch. */
int watch_start(struct loop *l, int fd, uint32_t kind, uint32_t cookie);
int watch_stop(struct loop *l, int fd);

/* watch_tell: turns what has become ready into events, as many as fit.
 * watch_waiting: whether there is something to tell. */
void watch_tell(struct loop *l);
int watch_waiting(const struct loop *l);

/* watch_end: stops all of them, before the loop is closed. */
void watch_end(struct loop *l);

#endif
