/* SPDX-License-Identifier: MIT
 *
 * worker.h: the conversation with one mtr-packet: a window of outstanding
 * requests, each with a token of its own, what is still to be written, what has
 * been read of a line. Whatever becomes of the child, every request gets an
 * end: its answer, or an error.
 *
 * A token's slot stays taken until mtr-packet itself has answered, however long
 * ago our own timer gave the probe up: so no answer can be taken for another's.
 *
 * mtr-packet (0.92 to this day) looks for the probe of a UDP quote by the
 * destination port first, as if that were a sequence number: whoever has that
 * number takes the answer, or loses it. So the numbers are counted along, and
 * those that are ports of ours are spent on requests that send nothing; the
 * first probe to a port waits until no other has its number. What makes the
 * count unsure (TCP, which may use up more) ends the counting; then an answer
 * to UDP may get lost or go astray once in 32,000 probes.
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
  WORKER_BATCH = 64,     /* replies that worker_read gives at once */
  WORKER_LINE = 320,     /* bytes of a request at most, and of one to skip */
  WORKER_SPAN = 30000,   /* tokens from the oldest to the newest request: below
                          * mtr-packet's own sequence space, which wraps */
  WORKER_PORTS = 65536
};

enum worker_state {
  WORKER_DEAD,           /* to be started again at |retry_at| */
  WORKER_GREETING,       /* asked what it can do */
  WORKER_READY,
  WORKER_LOST            /* given up: every send fails */
};

struct worker {
  const char *path;      /* borrowed */
  struct child child;
  struct mtrp_lines lines;
  struct greeting hello;
  struct answer_request *slot;       /* [WORKER_SLOTS] */
  uint32_t next, oldest; /* serials: the next request's, the oldest one's that
                          * is outstanding; tokens are their lower 31 bits */
  uint32_t out;          /* requests outstanding */
  uint32_t streams;      /* of them, those that cost descriptors */
  struct window window;
  uint32_t sequence;     /* number of its next probe; 0: unknown */
  enum worker_state state;
  int error;             /* errno: how its last life ended */
  int64_t retry_at;      /* ns; DEAD: when to start it again */
  int64_t born_at;       /* ns; when it was started */
  int64_t heard_at;      /* ns; when it last said something sensible, or since
                          * when it could */
  int64_t asked_at;      /* ns; whether it is still there; 0: not asked */
  int64_t check_at;      /* ns; the earliest |due|: does it hang? */
  int failures;          /* lives in a row that came to nothing */
  int sweep;             /* 1: its requests are being ended */
  uint32_t sweep_at;     /* the serial up to which they are */
  uint32_t bad;          /* lines in a row that made no sense */
  size_t junk;           /* bytes since the last that did */
  size_t pending;        /* bytes in |buf| */
  char buf[WORKER_OUT];
  char in[WORKER_IN];    /* read, not yet taken apart */
  const char *in_at, *in_end;
  uint8_t ext[WORKER_BATCH][ANSWER_EXT];   /* of the last batch */
  uint8_t ports[WORKER_PORTS / 8];         /* of UDP probes: a bit each */
  uint32_t restarts, faults;               /* counted */
};

/* worker_new: a worker for the program at |path|, not yet started. NULL: out of
 * memory. worker_free ends it. */
struct worker *worker_new(const char *path);
void worker_free(struct worker *w);

/* worker_start: starts the child and asks it what it can do. 0 or -errno. */
int worker_start(struct worker *w, int64_t now);

/* worker_room: how many more requests it takes now; |stream| for TCP, SCTP. */
uint32_t worker_room(const struct worker *w, int stream);

/* worker_send: requests |p|; there is room. |device|: the name of its interface
 * or "". 0, -EAGAIN: not yet, or -EMSGSIZE: cannot be said. */
int worker_send(struct worker *w, const struct wire_probe *p,
                const char *device, int64_t now);

/* worker_flush: writes what is pending. 1 when some is left over, else 0. */
int worker_flush(struct worker *w);

/* worker_read: takes up to |n| (to WORKER_BATCH) replies out of what the child
 * says into |v|, whose ext is good until the next call.
 * |*more|: there may be others. Notices the child's end. */
uint32_t worker_read(struct worker *w, struct wire_reply *v, uint32_t n,
                     int64_t now, int *more);

/* worker_deadline: when worker_read has to be called though nothing came. */
int64_t worker_deadline(const struct worker *w);

#endif
