/* SPDX-License-Identifier: MIT
 *
 * replay_file.h: reads a recording and makes its index.
 */
#ifndef TAPE_REPLAY_FILE_H
#define TAPE_REPLAY_FILE_H

#include "net/tape/state.h"

/* replay_load: reads the file |path| into |f| and makes its index. Errors are
 * those of replay_open; |f| is then empty. replay_index: makes the index of the
 * bytes that are in |f|. replay_free: frees all memory of |f|. */
int replay_load(struct replay_file *f, const char *path, char *why,
                size_t size);
int replay_index(struct replay_file *f, char *why, size_t size);
void replay_free(struct replay_file *f);

#endif
