/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of a raw transport.
 */
#ifndef RAW_STATE_H
#define RAW_STATE_H

#include "mtr.h"
#include "net/host/filter.h"
#include "net/host/flow.h"
#include "net/host/ports.h"
#include "net/host/route.h"
#include "net/host/spd.h"
#include "net/net.h"
#include "net/raw/kinds.h"

enum {
  RAW_QUICK = 256,       /* calls after an answer within its own call */
  RAW_UNKNOWN            /* no answer has come yet */
};

enum {
  RAW_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
             MTR_CAP_IPV6 | MTR_CAP_QUOTE | MTR_CAP_EXT | MTR_CAP_FLOW |
             MTR_CAP_PORTS4 | MTR_CAP_PORTS6 | MTR_CAP_TSTAMP
};

struct helped;           /* see helped.h */
struct raw_buffers;      /* of send and receive; private to their files */

struct raw {
  struct net net;        /* first */
  int fd[RAW_FDS];
  uint32_t have;                     /* sockets_have, of whoever has them */
  struct helped *helped;             /* mtr-sockets has them; NULL: we do */
  struct filter filter;
  struct ports ports;
  struct route route;
  struct flow flow;
  struct spd spd;
  int opened_spd;                    /* 1: its socket was not given */
  struct raw_buffers *out, *in;
  uint32_t dropped[RAW_FDS];         /* SO_RXQ_OVFL as last seen */
  uint32_t mark;                     /* on the descriptors; 0: none */
  int able;                          /* 1: the kernel has IP_PROTOCOL */
  uint32_t heard;                    /* a bit for each one of raw_hear */
  int quiet;                         /* 1: none of them listens now */
  int64_t usual;                     /* see net_stamp */
  int single;                        /* 1: recvmmsg is refused: use recvmsg */
  unsigned quick;                    /* calls left that may contain answers to
                                      * what they send; or RAW_UNKNOWN */
  int64_t refused;                   /* ns; first refusal in a row; 0: none */
  int64_t tried;                     /* ns; last refusal */
  int64_t again;                     /* ns; helped: when to offer refused
                                      * probes again; 0: there are none */
};

#endif
