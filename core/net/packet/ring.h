/* SPDX-License-Identifier: MIT
 *
 * ring.h: received packets in memory shared with the kernel (TPACKET_V3, see
 * packet(7)): it fills blocks, we walk them and give them back, without a
 * system call. A block is handed over when it is full, or a millisecond after
 * its first packet.
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
  uint32_t run;          /* blocks read since there was none to read */
};

struct ring_packet {
  const uint8_t *bytes;  /* from the IP header on; good until ring_next */
  size_t size;           /* bytes that are there */
  size_t whole;          /* ... of as many that arrived */
  int64_t at;            /* ns of the time of day; the kernel's stamp */
};

/* ring_open: makes a ring of |blocks| blocks for |fd|, which is bound to no
 * protocol yet, and then binds it to that of |family|. 0 or a negative
 * errno. */
int ring_open(struct ring *r, int fd, int family, uint32_t blocks);

/* ring_close: takes it away, and |fd| off the path of packets. */
void ring_close(struct ring *r);

/* ring_next: the next packet, if there is one: 1, else 0. Gives blocks back
 * that are read. */
int ring_next(struct ring *r, struct ring_packet *p);

/* ring_crowded: whether, since the last call, the ring may have been full: then
 * ring_lost is worth a system call. ring_lost: packets dropped since it was
 * last asked. */
int ring_crowded(struct ring *r);
uint32_t ring_lost(struct ring *r);

#endif
