/* SPDX-License-Identifier: MIT
 *
 * raw.h: the raw transport: whole packets out through header-included sockets,
 * replies in through raw ICMP, TCP and UDP sockets of each family, filtered in
 * the kernel. Needs CAP_NET_RAW when its sockets are opened and never again.
 *
 * The kernel does not look into such a packet for its ports, nor before Linux
 * 6.4 for its protocol. Where a rule of this host goes by these, and another
 * way than the packet would, traces are refused; IPsec policies for single
 * ports are not followed.
 */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "net/host/filter.h"
#include "net/host/flow.h"
#include "net/net.h"
#include "net/opening.h"
#include "net/host/ports.h"
#include "net/host/route.h"

/* The privileged descriptors, as mtr_sockets orders them. */
enum raw_fd {
  RAW_SEND4, RAW_SEND6,
  RAW_ICMP4, RAW_TCP4, RAW_UDP4, RAW_ICMP6, RAW_TCP6, RAW_UDP6,
  RAW_FDS
};

/* The kernel's IP_PROTOCOL of Linux 6.4: which protocol a packet is of. */
enum { RAW_IP_PROTOCOL = 52 };

enum { RAW_QUICK = 256 };   /* sends after an answer that came during one */

enum {
  RAW_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
             MTR_CAP_IPV6 | MTR_CAP_QUOTE | MTR_CAP_EXT | MTR_CAP_FLOW |
             MTR_CAP_PORTS4 | MTR_CAP_PORTS6 | MTR_CAP_TSTAMP
};

enum { RAW_BATCH = 64, RAW_SNAP = 2048, RAW_CONTROL = 256 };

struct raw_buffers;      /* of send and receive; private to their files */

struct raw {
  struct net net;        /* first */
  int fd[RAW_FDS];
  struct filter filter;
  struct ports ports;
  struct route route;
  struct flow flow;
  struct raw_buffers *out, *in;
  uint32_t dropped[RAW_FDS];         /* SO_RXQ_OVFL as last seen */
  uint32_t mark;                     /* on the descriptors, 0 none */
  int able;                          /* 1: a sender can tell the protocol */
  uint32_t heard;                    /* bit per descriptor to listen at */
  int quiet;                         /* and yet none listens now */
  int64_t usual;                     /* see net_stamp */
  int64_t run_start, run_end;        /* ns; of sends close together, ... */
  int64_t run_before;                /* ns; ... and of those just before */
  int single;                        /* 1: recvmmsg is refused, recvmsg not */
  unsigned quick;                    /* sends left that may contain answers */
  int64_t refused;                   /* ns; since then nothing is taken, or 0 */
  int64_t tried;                     /* ns; the last refusal */
};

/* raw_sockets: opens the privileged descriptors, with |mark| on them unless 0,
 * and filters that let nothing in. 0 or -EPERM, -EMFILE; then none is open. A
 * family or protocol that this host lacks or refuses leaves -1, as long as
 * there is one family that sends and hears. */
int raw_sockets(int32_t fd[RAW_FDS], uint32_t mark);

/* raw_open: a transport over |fd| in |*net|, identities from |seed|: |regions|
 * echo identifiers and a block of ports. |fd| is taken over unless it fails. */
int raw_open(struct net **net, const int32_t fd[RAW_FDS], uint64_t seed,
             uint32_t regions);

/* raw_start: see opening.h. raw_given: whether an engine was given sockets.
 * raw_regions: how many regions its probes take. raw_denied: says what
 * privilege |sockets| need. raw_add_lack: adds to |o|->why what |net| lacks. */
int raw_start(struct net **net, struct net_opening *o);
int raw_given(const struct mtr_config *config);
uint32_t raw_regions(const struct mtr_config *config);
void raw_denied(struct net_opening *o, const char *sockets);
void raw_add_lack(const struct net *net, struct net_opening *o);

/* For a transport that has one within: */

/* raw_init: the same in |raw|, all zero, whose ops the caller may replace. 0 or
 * a negative errno; then |fd| is still the caller's. raw_end: ends it; |keep|
 * as in net_ops' close. */
int raw_init(struct raw *raw, const int32_t fd[RAW_FDS], uint64_t seed,
             uint32_t regions);
void raw_end(struct raw *raw, int32_t *keep);

/* raw_hear: lets replies to |protocol| over |family| in. */
void raw_hear(struct raw *raw, int family, int protocol);

/* raw_hush: from now on no socket listens; or, |quiet| 0, those that are to. */
void raw_hush(struct raw *raw, int quiet);

/* raw_usable: 0, or a negative errno and |r|->why: there are no sockets for
 * |r|, or none can be read. */
int raw_usable(const struct raw *raw, struct net_route *r);

/* raw_fds, raw_route, raw_reserve: as in net_ops. */
void raw_fds(struct net *net, int fd[NET_FDS]);
int raw_route(struct net *net, struct net_route *r);
int raw_reserve(struct net *net, int protocol, uint16_t port);

/* raw_later: whether a send that was refused at |now| with |err| is to be tried
 * again: for "not now", unless nothing has been taken for a second. */
int raw_later(struct raw *raw, int err, int64_t now);

/* raw_run: how many of |n| packets the next call shall send. raw_sent: stamps
 * the |n| that it sent from |start| to |end|. While answers come during calls,
 * a call sends one packet, unless many are outstanding, and what it sends is
 * stamped with the time before. */
unsigned raw_run(struct raw *raw, unsigned n, unsigned most);
void raw_sent(struct raw *raw, struct net_sent *sent, int n, int64_t start,
              int64_t end);

/* raw_stamp: sets |r|'s time to the kernel's |at|, ns of the time of day; or,
 * if it lies in the future, because the clock was stepped, to |clock|'s. */
void raw_stamp(struct net *net, struct wire_reply *r, int64_t at,
               const struct net_clock *clock);

/* The parts, in files of their own. Each _new returns NULL out of memory. */
struct raw_buffers *raw_send_new(void);
struct raw_buffers *raw_receive_new(void);
uint32_t raw_send(struct net *net, const struct wire_probe *v, uint32_t n,
                  struct net_sent *sent);
uint32_t raw_receive(struct net *net, unsigned i, struct wire_reply *v,
                     uint32_t n, const struct net_clock *clock, int *more);

#endif
