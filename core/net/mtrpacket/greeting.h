/* SPDX-License-Identifier: MIT
 *
 * greeting.h: what a mtr-packet is asked before anything else: its version,
 * what it supports, and whether it has its privilege. Without that it works
 * over datagram sockets, where ICMP is all that can be trusted, and says
 * nothing of it; but UDP to a closed port of loopback, which answers at once
 * with the privilege, then stays silent. One that has been tried out so is of
 * no use: its sockets keep to the address of the first probe. The next one is
 * not tried.
 */
#ifndef MTRPACKET_GREETING_H
#define MTRPACKET_GREETING_H

#include "wire/mtrp.h"

/* What it can do. */
enum {
  GREETING_IP4 = 1 << 0, GREETING_IP6 = 1 << 1, GREETING_ICMP = 1 << 2,
  GREETING_UDP = 1 << 3, GREETING_TCP = 1 << 4, GREETING_SCTP = 1 << 5,
  GREETING_MARK = 1 << 6,
  GREETING_RAW = 1 << 7  /* it has its privilege */
};

enum { GREETING_TOKENS = 16 };         /* its tokens are below this */

struct greeting {
  struct mtrp_dialect dialect;
  char version[MTRP_WORD];
  uint32_t can;          /* GREETING_IP4 ... */
  uint32_t missing;      /* answers: bit per token; 0: over */
  uint32_t tried;        /* probes that the test has sent */
  uint32_t answered;     /* of them: bit per token */
  int plain;             /* 1: known to have no privilege; not to be tried */
};

/* greeting_start: writes the first questions into |out|[|size|], which is large
 * enough for them; returns their length. |plain| as above. */
int greeting_start(struct greeting *g, int plain, char *out, size_t size);

/* greeting_take: takes an answer. What is to be written next goes to |out|, as
 * above; its length, 0 for nothing, or -EPROTO: no mtr-packet answers so. When
 * it is over and found it to be plain, it has to be started anew, as such. */
int greeting_take(struct greeting *g, const struct mtrp_reply *r, char *out,
                  size_t size);

#endif
