/* SPDX-License-Identifier: MIT
 *
 * replay.h: a transport that answers from a file which net/record made: no
 * network, no privilege, and the time of the recording.
 *
 * What a script asks for is found by what the script decides, and by how often
 * it has asked for the same: a probe by destination, source, protocol, layout,
 * TTL, ports, checksum or flow label, size and payload; a route or a name by
 * what was asked. Identities, which the engine chooses, are translated in the
 * replies. A probe that the file does not hold is sent into silence and counts
 * in |unreplayed|; a route that it does not hold is -ENETUNREACH, a name is not
 * known.
 *
 * Time jumps: a step that is due takes place at the next step of the recording,
 * a call from outside at the next call, so that a script which does the same
 * again does it at the same times, and gets the same results to the last digit.
 * One that does something else gets its replies as long after its probes as
 * they came then; where the recording has no step within a second, a deadline
 * is met on the dot.
 *
 * The whole file is held in memory, with about 60 bytes for each probe and 24
 * for each reply.
 */
#ifndef TAPE_REPLAY_H
#define TAPE_REPLAY_H

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

/* replay_open: a transport in |*net| over the file |path|, whose head goes to
 * |*head|. Errors: those of open(2) and read(2), -ENOMSG (no recording),
 * -EPROTO (of another version), -EBADMSG (cut off, damaged), -ENOMEM.
 * |why|[|size|] says more. */
int replay_open(struct net **net, const char *path, struct tape_head *head,
                char *why, size_t size);

/* For the parts of replay, and its specs: */

/* replay_over: a transport over |f|, which it takes over unless it fails. 0 or
 * -ENOMEM. */
int replay_over(struct net **net, struct replay_file *f);

/* replay_load: reads the file |path| and makes an index of it; errors as above,
 * and then nothing is left. replay_index: the same of |f|'s bytes. replay_free:
 * gives it all back. */
int replay_load(struct replay_file *f, const char *path, char *why,
                size_t size);
int replay_index(struct replay_file *f, char *why, size_t size);
void replay_free(struct replay_file *f);

/* replay_body: the bytes of a record's body, without its kind. */
struct bytes replay_body(const struct replay_file *f, uint64_t body);

/* replay_key_*: what identifies a request. */
uint64_t replay_key_send(const struct wire_probe *p, uint32_t payload);
uint64_t replay_key_route(const struct net_route *r);
uint64_t replay_key_port(unsigned protocol, unsigned port);
uint64_t replay_key_name(const char *name, unsigned family);

/* replay_find: the next unused entry of |key|; without |once| the last one if
 * all are used; or NULL. |take|: it is used now. */
struct replay_entry *replay_find(struct replay_file *f, uint64_t key, int once,
                                 int take);

/* replay_link: finds for every reply in |f| the probe that it is about. 0 or
 * -ENOMEM. */
int replay_link(struct replay_file *f);

#endif
