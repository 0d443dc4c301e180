/* SPDX-License-Identifier: MIT
 *
 * watch.h: descriptors of users. An event reports that one can be read or
 * written, so that a program can wait for its input, its output and its traces
 * in one place.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include "loop/state.h"

/* watch_start, watch_stop: do what mtr_watch and mtr_unwatch promise. */
int watch_start(struct loop *l, int fd, uint32_t kind, uint32_t cookie);
int watch_stop(struct loop *l, int fd);

/* watch_report: makes events of descriptors that are ready, as many as fit.
 * watch_waiting: returns 1 if there are such descriptors. */
void watch_report(struct loop *l);
int watch_waiting(const struct loop *l);

/* watch_end: stops all watches, before the loop is closed. In a forked child it
 * leaves the descriptors as they are. */
void watch_end(struct loop *l);

#endif
