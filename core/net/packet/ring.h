/* SPDX-License-Identifier: MIT
 *
 * ring.h: receives packets in memory shared with the kernel (TPACKET_V3, see
 * packet(7)). The kernel fills blocks; we read them and give them back, without
 * system calls. A block arrives when it is full, or a millisecond after its
 * first packet.
 */
#ifndef PACKET_RING_H
#define PACKET_RING_H

#include <stddef.h>
#include <stdint.h>

enum { RING_BLOCK = 8192, RING_BLOCKS = 1024, RING_SNAP = 2048 };

struct ring {
  int fd;                /* a packet socket, borrowed */
  uint8_t *map;          /* blocks; NULL: there is no ring yet */
  uint32_t blocks;
  uint32_t block;        /* the one to read next, or being read */
  uint32_t left;         /* packets in it not yet read */
  uint32_t at;           /* of the first of them, in bytes */
  uint32_t run;          /* blocks read since the ring was empty */
};

struct ring_packet {
  const uint8_t *bytes;  /* from the IP header on; good until ring_next */
  size_t size;           /* bytes that are there */
  size_t whole;          /* bytes that arrived */
  int64_t at;            /* ns of the time of day; the kernel's stamp */
};

/* ring_open: makes a ring of |blocks| blocks for |fd|, which is bound to no
 * protocol yet, and then binds it to that of |family|. 0 or a negative
 * errno. */
int ring_open(struct ring *r, int fd, int family, uint32_t blocks);

/* ring_rest: removes the ring that a process left in |fd|, if there is one; it
 * receives no more packets. ring_close: removes the ring, in the same way. */
void ring_rest(int fd);
void ring_close(struct ring *r);

/* ring_next: writes the next packet into |p| and returns 1, or 0 if there is
 * none. Gives blocks that were read back. */
int ring_next(struct ring *r, struct ring_packet *p);

/* ring_crowded: returns 1 if the ring may have been full since the last call:
 * then ring_lost is worth a system call. ring_lost: returns how many packets
 * were dropped since its last call. */
int ring_crowded(struct ring *r);
uint32_t ring_lost(struct ring *r);

#endif
