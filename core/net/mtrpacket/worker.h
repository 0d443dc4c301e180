/* SPDX-License-Identifier: MIT
 *
 * worker.h: the conversation with one mtr-packet: the outstanding requests,
 * each with its own token, the bytes still to be written, and the part of a
 * line that has been read. Every request ends, with its answer or an error,
 * also when the child dies or hangs.
 *
 * The slot of a token stays in use until mtr-packet itself has answered, even
 * if our own timer gave the probe up long ago. So an answer is never taken for
 * the answer to another request.
 *
 * mtr-packet (0.92 and all later versions so far) has a fault with UDP. When an
 * ICMP error quotes a UDP probe, it first takes the destination port for a
 * sequence number: a probe with that number gets the answer, or the answer is
 * lost. Therefore we count its sequence numbers too. Numbers that equal one of
 * our ports are used up by requests that send nothing, and the first probe to a
 * port waits until no outstanding request has that number. TCP may use up more
 * than one number, so after it the count is unknown and is given up. Then an
 * answer to UDP may get lost or go to another probe once in 32,000 probes.
 */
#ifndef MTRPACKET_WORKER_H
#define MTRPACKET_WORKER_H

#include "net/mtrpacket/answer.h"
#include "net/host/child.h"
#include "net/mtrpacket/greeting.h"
#include "net/net.h"
#include "net/mtrpacket/window.h"

enum {
  WORKER_SLOTS = 32768,  /* a power of two above every span */
  WORKER_OUT = 1 << 16,  /* bytes waiting to be written */
  WORKER_IN = 1 << 16,   /* bytes read at once */
  WORKER_BATCH = 64,     /* replies that one worker_read gives at most */
  WORKER_LINE = 320,     /* bytes of a request and one that skips, at most */
  WORKER_SPAN = 30000,   /* tokens from the oldest to the newest request: below
                          * mtr-packet's own sequence space, which wraps */
  WORKER_PORTS = 65536
};

enum worker_state {
  WORKER_DEAD,           /* will be started again at |retry_at| */
  WORKER_GREETING,       /* was asked what it can do */
  WORKER_READY,
  WORKER_LOST            /* given up: every send fails */
};

struct worker {
  const char *path;      /* borrowed */
  int starter;           /* who starts the program; -1: this process */
  struct child child;
  struct mtrp_lines lines;
  struct greeting hello;
  struct answer_request *slot;       /* [WORKER_SLOTS] */
  uint32_t next, oldest; /* serial numbers of the next request and the oldest
                          * outstanding one; a token is the lower 31 bits */
  uint32_t out;          /* outstanding requests */
  uint32_t streams;      /* those among them that use descriptors */
  struct window window;
  uint32_t sequence;     /* mtr-packet's number of the next probe; 0: unknown */
  enum worker_state state;
  int error;             /* errno: how its last life ended */
  int64_t retry_at;      /* ns; DEAD: when to start it again */
  int64_t born_at;       /* ns; when it was started */
  int64_t heard_at;      /* ns; when it was last known to live, or the first
                          * request after it had none outstanding */
  int64_t asked_at;      /* ns; when we asked if it is alive; 0: not asked */
  int64_t check_at;      /* ns; the earliest |due|: then check if it hangs */
  int failures;          /* lives in a row that failed */
  int sweep;             /* 1: the requests of a dead child are being ended */
  uint32_t sweep_at;     /* serial number up to which they are ended */
  uint32_t bad;          /* lines in a row that made no sense */
  size_t junk;           /* bytes since the last line that made sense */
  size_t pending;        /* bytes in |buf| */
  char buf[WORKER_OUT];
  char in[WORKER_IN];    /* read, not yet divided into lines */
  const char *in_at, *in_end;
  uint8_t ext[WORKER_BATCH][ANSWER_EXT];   /* of the last batch */
  uint8_t ports[WORKER_PORTS / 8];         /* of UDP probes: a bit each */
  uint32_t restarts, faults;               /* counted */
};

/* worker_new: returns a worker for the program at |path|, not yet started;
 * NULL: out of memory. worker_free ends the child and frees the worker. */
struct worker *worker_new(const char *path);
void worker_free(struct worker *w);

/* worker_start: starts the child and asks what it can do. 0 or -errno. */
int worker_start(struct worker *w, int64_t now);

/* worker_room: returns how many more requests it takes now. |stream| 1: of TCP
 * or SCTP. */
uint32_t worker_room(const struct worker *w, int stream);

/* worker_send: requests |p|; there must be room. |device|: the name of its
 * interface or "". Returns 0, -EAGAIN (not yet), or the negative errno of
 * mtrp_probe. */
int worker_send(struct worker *w, const struct wire_probe *p,
                const char *device, int64_t now);

/* worker_flush: writes pending bytes. Returns 1 when some are left, else 0. */
int worker_flush(struct worker *w);

/* worker_read: reads what the child says, and puts up to |n| replies into |v|;
 * |n| is at most WORKER_BATCH. Their ext is valid until the next call. |*more|
 * 1: there may be others. Also notices the child's end and restarts it. */
uint32_t worker_read(struct worker *w, struct wire_reply *v, uint32_t n,
                     int64_t now, int *more);

/* worker_unheard: returns when the child was last heard, ns, if it has been
 * asked since and does not answer; 0: it answers. */
int64_t worker_unheard(const struct worker *w);

/* worker_deadline: returns when to call worker_read even if nothing came. */
int64_t worker_deadline(const struct worker *w);

#endif
