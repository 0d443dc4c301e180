/* SPDX-License-Identifier: MIT
 *
 * replay_file.h: reads a recording and makes the index of it.
 */
#ifndef TAPE_REPLAY_FILE_H
#define TAPE_REPLAY_FILE_H

#include "net/tape/state.h"

/* replay_load: reads the file |path| and makes an index of it; errors as those
 * of replay_open, and then nothing is left. replay_index: the same of |f|'s
 * bytes. replay_free: gives it all back. */
int replay_load(struct replay_file *f, const char *path, char *why,
                size_t size);
int replay_index(struct replay_file *f, char *why, size_t size);
void replay_free(struct replay_file *f);

#endif
