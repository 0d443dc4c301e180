/* SPDX-License-Identifier: MIT
 *
 * state.h: a recording in memory, and its index.
 */
#ifndef TAPE_STATE_H
#define TAPE_STATE_H

#include "net/tape/tape.h"

/* A recorded request. Probes and ports are found once, routes and names again
 * and again. */
struct replay_entry {
  uint64_t key;          /* hash of all that identifies it */
  uint64_t body;         /* offset of its record's body in the file */
  int64_t tick;          /* ns; the engine's time when it was recorded */
  int64_t sent;          /* ns; the time in the replay when it was sent */
  uint32_t next;         /* the next entry with the same key */
  uint32_t replies;      /* the first reply to this probe */
  uint32_t handle;       /* of the probe in the replay */
  uint16_t id, ip_id, cookie, checksum, sport;   /* likewise */
  uint8_t kind;          /* TAPE_SEND, _ROUTE, _PORT, _NAME */
  uint8_t used;
};

/* A reply, or a report of losses. */
struct replay_reply {
  uint64_t body;
  int64_t due;           /* ns; when it is to be received */
  uint32_t entry;        /* the probe that it answers; REPLAY_NONE: unknown */
  uint32_t next;         /* the next reply to the same probe */
};

struct replay_tick {
  int64_t at;            /* ns */
  uint8_t call;
};

enum { REPLAY_NONE = 0xffffffff };

/* The content of a file. */
struct replay_file {
  uint8_t *bytes;
  size_t size;
  struct tape_head head;
  struct replay_entry *entries;
  struct replay_reply *replies;
  struct replay_tick *ticks;
  uint32_t *slots;       /* hash table: for each key the entry to find next */
  uint32_t entry_count, reply_count, tick_count;
  uint32_t mask;         /* of |slots| */
};

#endif
