/* SPDX-License-Identifier: MIT
 *
 * raw.h: the raw transport: whole packets out through header-included sockets,
 * replies in through raw ICMP, TCP and UDP sockets of each family, filtered in
 * the kernel. Needs CAP_NET_RAW when its sockets are opened and never again.
 */
#ifndef NET_RAW_H
#define NET_RAW_H

#include "net/filter.h"
#include "net/net.h"
#include "net/ports.h"
#include "net/route.h"

/* The privileged descriptors, as mtr_sockets orders them. */
enum raw_fd {
  RAW_SEND4, RAW_SEND6,
  RAW_ICMP4, RAW_TCP4, RAW_UDP4, RAW_ICMP6, RAW_TCP6, RAW_UDP6
};

enum { RAW_BATCH = 64, RAW_SNAP = 2048, RAW_CONTROL = 256 };

struct raw_buffers;      /* of send and receive; private to their files */

struct raw {
  struct net net;        /* first */
  int fd[NET_FDS];
  struct filter filter;
  struct ports ports;
  struct route route;
  struct raw_buffers *out, *in;
  uint32_t dropped[NET_FDS];         /* SO_RXQ_OVFL as last seen */
  uint32_t mark;                     /* on the descriptors, 0 none */
  uint32_t heard;                    /* bit per descriptor that listens */
  int64_t refused;                   /* ns; since then nothing is taken, or 0 */
  int64_t tried;                     /* ns; the last refusal */
};

/* raw_sockets: opens the privileged descriptors, with |mark| on them unless 0,
 * and filters that let nothing in. 0 or -EPERM, -EMFILE; then none is open. A
 * family that this host lacks leaves -1. */
int raw_sockets(int32_t fd[NET_FDS], uint32_t mark);

/* raw_open: a transport over |fd| in |*net|, identities from |seed|: |regions|
 * echo identifiers and a block of ports. |fd| is taken over unless it fails. */
int raw_open(struct net **net, const int32_t fd[NET_FDS], uint64_t seed,
             uint32_t regions);

/* The parts, in files of their own. Each _new returns NULL out of memory. */
struct raw_buffers *raw_send_new(void);
struct raw_buffers *raw_receive_new(void);
uint32_t raw_send(struct net *net, const struct wire_probe *v, uint32_t n,
                  struct net_sent *sent);
uint32_t raw_receive(struct net *net, unsigned i, struct wire_reply *v,
                     uint32_t n, const struct net_clock *clock, int *more);

#endif
