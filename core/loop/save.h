/* SPDX-License-Identifier: MIT
 *
 * save.h: replaces a small file so that a crash of the program or the machine
 * leaves the old or the new one, whole. Disks can take long, so a thread waits
 * for them while the loop goes on.
 */
#ifndef LOOP_SAVE_H
#define LOOP_SAVE_H

#include "loop/state.h"

/* save_start: does what mtr_save promises; |l| NULL: at once. */
int save_start(struct loop *l, const char *path, const void *bytes,
               uint32_t size, const int32_t *fds, uint32_t n, uint32_t cookie);

/* save_report: makes events of files that were saved, as many as fit.
 * save_waiting: returns 1 if there are such files. */
void save_report(struct loop *l);
int save_waiting(const struct loop *l);

/* save_close: waits for saves under way, and frees what was not reported. In a
 * forked child the threads are the parent's, and it waits for nothing. */
void save_close(struct loop *l);

#endif
