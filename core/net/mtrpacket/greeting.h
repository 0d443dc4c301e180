/* SPDX-License-Identifier: MIT
 *
 * greeting.h: the first questions to a new mtr-packet: its version, what it
 * supports, and whether it has its privilege. Without privilege it uses
 * datagram sockets, where only ICMP is reliable, and does not say so. A test
 * finds out: UDP to a closed port of loopback is answered at once with the
 * privilege, and never without it.
 *
 * After the test, a child without privilege is of no use, because its sockets
 * stay bound to the address of the first probe. It is replaced by a new child,
 * which is not tested again.
 */
#ifndef MTRPACKET_GREETING_H
#define MTRPACKET_GREETING_H

#include "wire/mtrp.h"

/* What a mtr-packet can do. */
enum {
  GREETING_IP4 = 1 << 0, GREETING_IP6 = 1 << 1, GREETING_ICMP = 1 << 2,
  GREETING_UDP = 1 << 3, GREETING_TCP = 1 << 4, GREETING_SCTP = 1 << 5,
  GREETING_MARK = 1 << 6,
  GREETING_RAW = 1 << 7  /* it has its privilege */
};

enum { GREETING_TOKENS = 16 };         /* tokens of the greeting are below it */

struct greeting {
  struct mtrp_dialect dialect;
  char version[MTRP_WORD];
  uint32_t can;          /* GREETING_IP4 ... */
  uint32_t missing;      /* answers to come: a bit per token; 0: it is over */
  uint32_t tried;        /* probes that the test has sent */
  uint32_t answered;     /* those with an answer: a bit per token */
  int plain;             /* 1: known to have no privilege: skip the test */
};

/* greeting_start: writes the first questions into |out|[|size|], which must be
 * large enough for them. Returns their length. |plain|: as in the struct. */
int greeting_start(struct greeting *g, int plain, char *out, size_t size);

/* greeting_take: takes an answer, and writes the next questions into |out|, as
 * above. Returns their length (0: none), or -EPROTO when no mtr-packet would
 * answer so. If the greeting ends with |plain| set by the test, the caller
 * starts a new child and greets it with |plain| 1. */
int greeting_take(struct greeting *g, const struct mtrp_reply *r, char *out,
                  size_t size);

#endif
