/* SPDX-License-Identifier: MIT
 *
 * kinds.h: the privileged descriptors of raw, as mtr_sockets orders them.
 */
#ifndef RAW_KINDS_H
#define RAW_KINDS_H

enum raw_fd {
  RAW_SEND4, RAW_SEND6,
  RAW_ICMP4, RAW_TCP4, RAW_UDP4, RAW_ICMP6, RAW_TCP6, RAW_UDP6,
  RAW_FDS,               /* those of the network */
  RAW_SPD = RAW_FDS,     /* IPsec policies; see spd.h. -1: not open */
  RAW_SOCKETS
};

/* The socket option IP_PROTOCOL of Linux 6.4: the protocol of a packet. */
enum { RAW_IP_PROTOCOL = 52 };

enum { RAW_BATCH = 64, RAW_SNAP = 2048, RAW_CONTROL = 256 };

#endif
