/* SPDX-License-Identifier: MIT
 *
 * state.h: a recording in memory, and the index of what is in it.
 */
#ifndef TAPE_STATE_H
#define TAPE_STATE_H

#include "net/tape/tape.h"

/* One thing that can be asked for, once or, but for a probe, again. */
struct replay_entry {
  uint64_t key;          /* hash of all that identifies it */
  uint64_t body;         /* offset of its record's body in the file */
  int64_t tick;          /* ns; the engine's time when it was recorded */
  int64_t sent;          /* ns; that of the replay, once used */
  uint32_t next;         /* the next one with the same key */
  uint32_t replies;      /* a probe's first */
  uint32_t handle;       /* of the probe in the replay */
  uint16_t id, ip_id, cookie, checksum, sport;   /* likewise */
  uint8_t kind;          /* TAPE_SEND, _ROUTE, _PORT, _NAME */
  uint8_t used;
};

/* A reply, or news of losses. */
struct replay_reply {
  uint64_t body;
  int64_t due;           /* ns; when it is to be received */
  uint32_t entry;        /* the probe that it is about; REPLAY_NONE: unknown */
  uint32_t next;         /* of the same probe */
};

struct replay_tick {
  int64_t at;            /* ns */
  uint8_t call;
};

enum { REPLAY_NONE = 0xffffffff };

/* What is in a file. */
struct replay_file {
  uint8_t *bytes;
  size_t size;
  struct tape_head head;
  struct replay_entry *entries;
  struct replay_reply *replies;
  struct replay_tick *ticks;
  uint32_t *slots;       /* hash of entries: the next one of its key */
  uint32_t entry_count, reply_count, tick_count;
  uint32_t mask;         /* of |slots| */
};

#endif
