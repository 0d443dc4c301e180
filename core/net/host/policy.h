/* SPDX-License-Identifier: MIT
 *
 * policy.h: a copy of the host's IPsec policies for packets that leave, in the
 * order of the kernel: the first that fits a packet applies. It answers whether
 * a transport that lets the kernel know only a part of its packets gets the
 * same policy as the real packet does. Pure: it makes no system calls.
 *
 * It has room for POLICIES policies. If there are more, it keeps those that
 * look at protocols or ports. Then, if any of them fits a packet, it says that
 * the two packets get different policies.
 */
#ifndef HOST_POLICY_H
#define HOST_POLICY_H

#include "net/host/flow.h"
#include "net/net.h"

enum { POLICIES = 128 };

struct policy {
  uint8_t dst[16], src[16];
  uint32_t index;        /* the kernel's number; a lower one is older */
  uint32_t priority;     /* lower goes first */
  uint32_t link;         /* 0: any */
  uint32_t mark, mark_mask;
  uint16_t sport, sport_mask;          /* of ICMP: the type */
  uint16_t dport, dport_mask;          /* of ICMP: the code */
  uint8_t family;        /* 4, 6 */
  uint8_t dst_bits, src_bits;          /* lengths of the prefixes */
  uint8_t protocol;      /* IP's number; 0: any */
  uint8_t clear;         /* 1: lets packets pass as they are */
  uint8_t zero[3];       /* of no meaning */
};

struct policies {
  struct policy policy[POLICIES];
  uint32_t count;
  uint8_t partial;       /* 1: there are others too */
  uint8_t blocks;        /* 1: what no policy fits is blocked */
};

/* policies_put: adds |one|, or replaces the one of its index. policies_drop:
 * removes the one of |index|. policies_clear: removes all. */
void policies_put(struct policies *p, const struct policy *one);
void policies_drop(struct policies *p, uint32_t index);
void policies_clear(struct policies *p);

/* policy_narrow: returns 1 if |one| looks at the protocol, at ports, or at the
 * type of an ICMP message. */
int policy_narrow(const struct policy *one);

/* policies_differ: returns 1 if the packet that |q| describes, its source
 * included, meets another policy than one of which the kernel knows only
 * |known|. */
int policies_differ(const struct policies *p, const struct net_route *q,
                    enum flow_known known);

#endif
