/* SPDX-License-Identifier: MIT
 *
 * mtrp.h: mtr-packet's line protocol, as a client speaks it: commands out,
 * replies in, by name and value. Pure text work; which worker, which token and
 * when is the transport's business.
 *
 * Versions 0.92 to 0.96 differ in words and in what a size means; what a reply
 * says is normalised here, what a command needs comes with struct mtrp_dialect.
 * A word that is not known is kept as MTRP_UNKNOWN, never guessed at.
 */
#ifndef WIRE_MTRP_H
#define WIRE_MTRP_H

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

enum {
  MTRP_LINE = 4096, MTRP_LABELS = 8, MTRP_WORD = 48,
  MTRP_COMMAND = 256,    /* bytes that any command fits in */
  MTRP_DEVICE = 15       /* characters of the name of an interface */
};

/* What a reply line says. */
enum mtrp_word {
  MTRP_UNKNOWN,          /* a word of no version known here */
  MTRP_REPLY,            /* the target answered; address, time */
  MTRP_EXPIRED,          /* ttl-expired; address, time, labels */
  MTRP_NO_REPLY,
  MTRP_NO_ROUTE,         /* unreachable: by a router if there is an address */
  MTRP_EXHAUSTED,        /* no room for another probe; try again */
  MTRP_FAILED,           /* refused: |error| */
  MTRP_SUPPORT,          /* feature-support: |text| */
  MTRP_PROTOCOL          /* a fault in the conversation itself: token 0 */
};

struct mtrp_reply {
  uint32_t token;        /* 0: of no request */
  uint8_t word;          /* enum mtrp_word */
  uint8_t family;        /* of |addr|: 4, 6, 0 none */
  uint8_t labels;        /* in |label| */
  uint8_t pad;
  int32_t error;         /* errno of MTRP_FAILED and of MTRP_NO_ROUTE */
  int64_t rtt_us;        /* -1: not said, or not believable */
  uint8_t addr[16];
  uint32_t label[MTRP_LABELS];   /* label stack entries, RFC 3032 2.1 */
  char text[MTRP_WORD];  /* support value, or a word that is not known */
};

/* How a worker's version wants to be spoken to. */
struct mtrp_dialect {
  uint16_t version;      /* minor of 0.x; 0 unknown, taken as the oldest */
  uint8_t wide;          /* 1: IPv4 packets get 20 bytes more than |size| */
  uint8_t device;        /* 1: local-device is obeyed */
  uint8_t ports6;        /* 1: IPv6 UDP takes port and local-port */
  uint8_t ports4;        /* 1: IPv4 UDP does */
  uint8_t udp6;          /* 1: IPv6 UDP works at all */
  uint16_t first;        /* of its sequence numbers, which go to 65535 and back
                          * here: one more with each probe it takes */
  uint32_t window;       /* probes that may be outstanding */
};

/* mtrp_dialect: fills |d| for the version that check-support told in |text|. */
void mtrp_dialect(const char *text, struct mtrp_dialect *d);

/* mtrp_probe: writes the send-probe line of |p| with |token|, newline included,
 * into |out|[|size|]; |seconds| is mtr-packet's own timeout, |device| the name
 * of |p|->interface or "". Returns its length, or -EMSGSIZE when |size| is
 * below MTRP_COMMAND. */
int mtrp_probe(char *out, size_t size, uint32_t token,
               const struct wire_probe *p, const struct mtrp_dialect *d,
               unsigned seconds, const char *device);

/* mtrp_size: bytes of the packet that becomes of |p|, as far as is known. */
uint16_t mtrp_size(const struct wire_probe *p);

/* mtrp_skip: writes a request that has it use up one sequence number and send
 * nothing: of IP version |family|, to no address. As mtrp_probe. */
int mtrp_skip(char *out, size_t size, uint32_t token, int family);

/* mtrp_check: writes a check-support line for |feature|. As mtrp_probe. */
int mtrp_check(char *out, size_t size, uint32_t token, const char *feature);

/* mtrp_parse: reads one reply line of |n| bytes, without its newline, into |r|.
 * 0, or -EBADMSG if it is no reply line at all. */
int mtrp_parse(const char *line, size_t n, struct mtrp_reply *r);

/* A stream of lines that come in pieces. Lines longer than MTRP_LINE are thrown
 * away whole and counted. */
struct mtrp_lines {
  char buf[MTRP_LINE];
  size_t used;           /* bytes of an unfinished line */
  uint32_t skipping;     /* 1 inside a line that is too long */
  uint32_t too_long;     /* how many were */
};

/* mtrp_line: takes the next whole line out of |*p|..|end| and what was left
 * in |l|: moves |*p|, returns the line (borrowed until the next call) with
 * its length in |*n|; NULL when more bytes are needed. */
const char *mtrp_line(struct mtrp_lines *l, const char **p, const char *end,
                      size_t *n);

#endif
