/* SPDX-License-Identifier: MIT
 *
 * mtrp.h: the line protocol of mtr-packet, from the side of a client: writes
 * commands and reads replies. It works on text only; the transport chooses
 * worker, token and time.
 *
 * Versions 0.92 to 0.96 differ in words and in the meaning of a size. Replies
 * are read into one form for all versions; for commands, struct mtrp_dialect
 * describes the version. An unknown word becomes MTRP_UNKNOWN; nothing is
 * guessed.
 */
#ifndef WIRE_MTRP_H
#define WIRE_MTRP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

enum {
  MTRP_LINE = 4096, MTRP_LABELS = 8, MTRP_WORD = 48,
  MTRP_COMMAND = 256,    /* bytes of the longest command */
  MTRP_DEVICE = 15       /* characters of the name of an interface */
};

/* Kinds of reply lines. */
enum mtrp_word {
  MTRP_UNKNOWN,          /* a word that is not known here */
  MTRP_REPLY,            /* the target answered; address, time */
  MTRP_EXPIRED,          /* ttl-expired; address, time, labels */
  MTRP_NO_REPLY,
  MTRP_NO_ROUTE,         /* unreachable: by a router if there is an address */
  MTRP_EXHAUSTED,        /* no room for another probe; try again */
  MTRP_FAILED,           /* refused: |error| */
  MTRP_SUPPORT,          /* feature-support: |text| */
  MTRP_PROTOCOL          /* mtr-packet did not understand us: token 0 */
};

struct mtrp_reply {
  uint32_t token;        /* of the command; 0: of none */
  uint8_t word;          /* enum mtrp_word */
  uint8_t family;        /* of |addr|: 4, 6, 0 none */
  uint8_t labels;        /* in |label| */
  uint8_t pad;
  int32_t error;         /* errno of MTRP_FAILED and of MTRP_NO_ROUTE */
  int64_t rtt_us;        /* -1: missing or impossible */
  uint8_t addr[16];
  uint32_t label[MTRP_LABELS];   /* label stack entries, RFC 3032 2.1 */
  char text[MTRP_WORD];  /* support value, or a word that is not known */
};

/* What commands for one version of mtr-packet must look like. */
struct mtrp_dialect {
  uint16_t version;      /* x of 0.x; 0: unknown, treated as the oldest */
  uint8_t wide;          /* 1: IPv4 packets get 20 bytes more than |size| */
  uint8_t device;        /* 1: local-device works */
  uint8_t ports6;        /* 1: IPv6 UDP takes port and local-port */
  uint8_t ports4;        /* 1: IPv4 UDP takes them */
  uint8_t udp6;          /* 1: IPv6 UDP works at all */
  uint16_t first;        /* its sequence numbers go from here to 65535, one
                          * for each probe, and begin again */
  uint32_t window;       /* probes that may be outstanding */
};

/* mtrp_dialect: fills |d| for the version |text| from check-support. */
void mtrp_dialect(const char *text, struct mtrp_dialect *d);

/* mtrp_probe: writes the send-probe line of |p| with |token|, newline included,
 * into |out|[|size|]; |seconds| is the timeout inside mtr-packet, |device| the
 * name of |p|->interface or "". Returns its length; -EMSGSIZE: |size| is below
 * MTRP_COMMAND. */
int mtrp_probe(char *out, size_t size, uint32_t token,
               const struct wire_probe *p, const struct mtrp_dialect *d,
               unsigned seconds, const char *device);

/* mtrp_size: returns the bytes of the packet for |p|, as far as known. */
uint16_t mtrp_size(const struct wire_probe *p);

/* mtrp_skip: writes a command that uses up one sequence number but sends
 * nothing: of IP version |family|, without an address. Returns as
 * mtrp_probe. */
int mtrp_skip(char *out, size_t size, uint32_t token, int family);

/* mtrp_check: writes a check-support line for |feature|. Returns as
 * mtrp_probe. */
int mtrp_check(char *out, size_t size, uint32_t token, const char *feature);

/* mtrp_parse: reads one reply line of |n| bytes, without its newline, into |r|.
 * 0; -EBADMSG: it is not a reply line. */
int mtrp_parse(const char *line, size_t n, struct mtrp_reply *r);

/* A stream of lines that arrive in pieces. Lines longer than MTRP_LINE are
 * dropped and counted. */
struct mtrp_lines {
  char buf[MTRP_LINE];
  size_t used;           /* bytes of an unfinished line */
  uint32_t skipping;     /* 1 inside a line that is too long */
  uint32_t too_long;     /* lines dropped */
};

/* mtrp_line: takes the next whole line from |l| and the bytes |*p|..|end|, and
 * moves |*p|. Returns the line, borrowed until the next call, with its length
 * in |*n|; NULL: more bytes are needed. */
const char *mtrp_line(struct mtrp_lines *l, const char **p, const char *end,
                      size_t *n);

#endif
