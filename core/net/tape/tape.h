/* SPDX-License-Identifier: MIT
 *
 * tape.h: the file that a recording is kept in: what net/record writes and
 * net/replay reads, as bytes and back.
 *
 * The file: the 8 bytes "mtrtape\n", the version as 32 bits, then records to
 * the end. A record: 16 bits, the size of its body, never 0; 32 bits, FNV-1a of
 * the body; the body, whose first byte is enum tape_kind. Numbers are little-
 * endian, addresses 16 bytes, text is preceded by its size in one byte. The
 * first record is the HEAD, the last the END, which counts the others: a file
 * without it was cut off.
 *
 * What a body holds behind its kind, in the order of the structures below
 * (tape.c has the sizes), and then:
 *
 *   HEAD   the name of the transport
 *   TICK   nothing: the time of the engine, until the next one
 *   SEND   nothing: a probe handed to the kernel, and what came of it
 *   REPLY  16 bits, the size of the extension objects; these
 *   ROUTE  why it failed
 *   PORT   nothing: a port that could not be reserved
 *   LOSS   nothing: losses so far, whenever there are more
 *   NAME   one address record after the other; a zone is in bytes 4..7 of its
 *          link-local address
 *   END    nothing
 *
 * Times are ns of the recording host's monotonic clock. A change of any of this
 * is another TAPE_VERSION.
 */
#ifndef TAPE_TAPE_H
#define TAPE_TAPE_H

#include "base/bytes.h"
#include "net/net.h"

enum {
  TAPE_VERSION = 2,
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
  int64_t at;            /* when it was opened */
  int64_t epoch;         /* ns; time of day minus that clock */
  uint32_t caps;
  uint32_t max_probes;
  uint16_t port_base;
  uint16_t echo_base;
  char name[16];         /* of the transport */
};

struct tape_tick {
  int64_t at;
  uint8_t call;          /* 1: of a call from outside, 0: of a step */
};

struct tape_send {
  struct wire_probe probe;           /* without payload */
  struct net_sent sent;
  uint32_t payload;      /* FNV-1a of it */
  uint8_t later;         /* 1: was offered before, and not taken */
};

struct tape_route {
  struct net_route ask;  /* |src|: what was asked for */
  uint8_t src[16];       /* what was answered */
  uint16_t error;        /* errno, 0 found */
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
  uint16_t error;        /* errno, 0 found */
  uint8_t family;        /* that was asked for, 0 both */
  uint8_t count;         /* of |found| */
  char name[TAPE_TEXT + 1];
  struct net_route found[TAPE_NAMES];   /* |dst|, |family|, |interface| */
};

struct tape_end {
  uint64_t records;      /* all before it */
};

/* tape_hash: FNV-1a of |n| bytes. */
uint32_t tape_hash(const void *bytes, size_t n);

/* tape_prologue: writes the beginning of a file; the next byte. */
uint8_t *tape_prologue(uint8_t *p);

/* tape_put_*: write one record of at most TAPE_FRAME + TAPE_BODY bytes; the
 * next byte. Texts and lists that are too long are cut. */
uint8_t *tape_put_head(uint8_t *p, const struct tape_head *h);
uint8_t *tape_put_tick(uint8_t *p, const struct tape_tick *t);
uint8_t *tape_put_send(uint8_t *p, const struct tape_send *s);
uint8_t *tape_put_reply(uint8_t *p, const struct wire_reply *r);
uint8_t *tape_put_route(uint8_t *p, const struct tape_route *r);
uint8_t *tape_put_port(uint8_t *p, const struct tape_port *t);
uint8_t *tape_put_loss(uint8_t *p, const struct tape_loss *l);
uint8_t *tape_put_name(uint8_t *p, const struct tape_name *n);
uint8_t *tape_put_end(uint8_t *p, const struct tape_end *e);

/* tape_begin: reads the prologue. 0, -ENOMSG: it is no recording, or -EPROTO:
 * of another version, which |*version| tells. */
int tape_begin(struct bytes *file, uint32_t *version);

/* tape_next: the next record: its body without the kind in |*body|. Returns the
 * kind, 0 at the end of |*file|, or -EBADMSG: cut off or damaged. */
int tape_next(struct bytes *file, struct bytes *body);

/* tape_take_*: read a body of that kind. 0, or -EBADMSG. Pointers in it are
 * into |body|'s bytes. */
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
