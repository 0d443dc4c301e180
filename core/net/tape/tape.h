/* SPDX-License-Identifier: MIT
 *
 * tape.h: the format of a recording: record.h writes it, replay.h reads it.
 *
 * The file: the 8 bytes "mtrtape\n", the version in 32 bits, then records up to
 * the end. A record: the size of its body in 16 bits, never 0; FNV-1a of the
 * body in 32 bits; the body, whose first byte is enum tape_kind. Numbers are
 * little-endian. Addresses have 16 bytes. Text is preceded by its size in one
 * byte. The first record is the HEAD. The last is the END, which counts the
 * others; a file without END was cut off.
 *
 * After its kind, a body has the fields of its structure below (tape.c lists
 * their order and sizes), and then:
 *
 *   HEAD   the name of the transport
 *   TICK   nothing more. It gives the engine's time until the next TICK.
 *   SEND   nothing more. It is a probe given to the kernel, and the result.
 *   REPLY  the size of the extension objects in 16 bits, then the objects
 *   ROUTE  the text why it failed
 *   PORT   nothing more. It is a port that could not be reserved.
 *   LOSS   nothing more. It counts losses so far, written when they grow.
 *   NAME   the name, then one address after the other; a zone is in bytes 4..7
 *          of its link-local address
 *   END    nothing more
 *
 * Times are ns of the recording host's monotonic clock. Whoever changes this
 * format raises TAPE_VERSION.
 */
#ifndef TAPE_TAPE_H
#define TAPE_TAPE_H

#include "base/bytes.h"
#include "net/net.h"

enum {
  TAPE_VERSION = 3,
  TAPE_PROLOGUE = 12,    /* bytes before the first record */
  TAPE_FRAME = 6,        /* bytes before each body */
  TAPE_BODY = 4096,      /* bytes of a body at most */
  TAPE_EXT = 2048,       /* bytes of extension objects at most */
  TAPE_TEXT = 255,       /* bytes of a text at most */
  TAPE_NAMES = 64        /* addresses of a name at most */
};

enum tape_kind {
  TAPE_HEAD = 1, TAPE_TICK, TAPE_SEND, TAPE_REPLY, TAPE_ROUTE, TAPE_PORT,
  TAPE_LOSS, TAPE_NAME, TAPE_END
};

struct tape_head {
  uint64_t seed;         /* of the engine's choices */
  int64_t at;            /* ns; when the transport was opened */
  int64_t epoch;         /* ns; time of day minus the monotonic clock */
  uint32_t caps;
  uint32_t max_probes;
  uint16_t port_base;
  uint16_t echo_base;
  char name[16];         /* of the transport */
};

struct tape_tick {
  int64_t at;
  uint8_t call;          /* 1: for a call from outside, 0: for a step */
};

struct tape_send {
  struct wire_probe probe;           /* without payload */
  struct net_sent sent;
  uint32_t payload;      /* FNV-1a of it */
  uint8_t later;         /* 1: an earlier offer was refused for the moment */
};

struct tape_route {
  struct net_route ask;  /* |src|: what was asked for */
  uint8_t src[16];       /* the source address in the answer */
  uint16_t error;        /* errno; 0: found */
  char why[TAPE_TEXT + 1];
};

struct tape_port {
  uint16_t error;        /* errno */
  uint16_t port;
  uint8_t protocol;
};

struct tape_loss {
  uint64_t drops, malformed;
};

struct tape_name {
  uint16_t error;        /* errno; 0: found */
  uint8_t family;        /* that was asked for; 0: both */
  uint8_t count;         /* number of addresses in |found| */
  char name[TAPE_TEXT + 1];
  struct net_route found[TAPE_NAMES];   /* |dst|, |family|, |interface| */
};

struct tape_end {
  uint64_t records;      /* number of records before it */
};

/* tape_hash: returns FNV-1a of |n| bytes. */
uint32_t tape_hash(const void *bytes, size_t n);

/* tape_prologue: writes the beginning of a file; returns the next byte. */
uint8_t *tape_prologue(uint8_t *p);

/* tape_put_*: write one record of at most TAPE_FRAME + TAPE_BODY bytes; return
 * the next byte. Too long texts and extensions are cut. */
uint8_t *tape_put_head(uint8_t *p, const struct tape_head *h);
uint8_t *tape_put_tick(uint8_t *p, const struct tape_tick *t);
uint8_t *tape_put_send(uint8_t *p, const struct tape_send *s);
uint8_t *tape_put_reply(uint8_t *p, const struct wire_reply *r);
uint8_t *tape_put_route(uint8_t *p, const struct tape_route *r);
uint8_t *tape_put_port(uint8_t *p, const struct tape_port *t);
uint8_t *tape_put_loss(uint8_t *p, const struct tape_loss *l);
uint8_t *tape_put_name(uint8_t *p, const struct tape_name *n);
uint8_t *tape_put_end(uint8_t *p, const struct tape_end *e);

/* tape_begin: reads the prologue and sets |*version|. Returns 0, -ENOMSG (not a
 * recording), or -EPROTO (another version). */
int tape_begin(struct bytes *file, uint32_t *version);

/* tape_next: reads the next record; |*body| is its body without the kind.
 * Returns the kind, 0 at the end of |*file|, or -EBADMSG (cut off or
 * damaged). */
int tape_next(struct bytes *file, struct bytes *body);

/* tape_take_*: read a body of that kind. 0 or -EBADMSG. Pointers in the result
 * point into the bytes of |body|. */
int tape_take_head(struct bytes *body, struct tape_head *h);
int tape_take_tick(struct bytes *body, struct tape_tick *t);
int tape_take_send(struct bytes *body, struct tape_send *s);
int tape_take_reply(struct bytes *body, struct wire_reply *r);
int tape_take_route(struct bytes *body, struct tape_route *r);
int tape_take_port(struct bytes *body, struct tape_port *t);
int tape_take_loss(struct bytes *body, struct tape_loss *l);
int tape_take_name(struct bytes *body, struct tape_name *n);
int tape_take_end(struct bytes *body, struct tape_end *e);

#endif
