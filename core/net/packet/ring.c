/* SPDX-License-Identifier: MIT
 *
 * ring.c: offsets and sizes in a block are checked against the size of the
 * block, so that no packet can make us read outside of it.
 */
#include "net/packet/ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
  FRAME = 2048,          /* the kernel wants a size; V3 packs more closely */
  RETIRE_MS = 1,         /* longest time that the kernel keeps a block */
  NOTHING = 0x60         /* ETH_P_LOOP: frames that nobody sends */
};

static int bind_to(int fd, int protocol) {
  struct sockaddr_ll any = {.sll_family = AF_PACKET,
                            .sll_protocol = htons((uint16_t)protocol)};
  return bind(fd, (struct sockaddr *)&any, sizeof any) ? -errno : 0;
}

int ring_open(struct ring *r, int fd, int family, uint32_t blocks) {
  int version = TPACKET_V3;
  struct tpacket_req3 request = {
      .tp_block_size = RING_BLOCK, .tp_block_nr = blocks,
      .tp_frame_size = FRAME, .tp_frame_nr = RING_BLOCK / FRAME * blocks,
      .tp_retire_blk_tov = RETIRE_MS};
  *r = (struct ring){.fd = fd, .blocks = blocks};
  if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
      setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request))
    return -errno;
  r->map = mmap(NULL, (size_t)blocks * RING_BLOCK, PROT_READ | PROT_WRITE,
                MAP_SHARED, fd, 0);
  if (r->map == MAP_FAILED) {
    r->map = NULL;
    return -ENOMEM;
  }
  return bind_to(fd, family == 4 ? ETH_P_IP : ETH_P_IPV6);
}

void ring_rest(int fd) {
  struct tpacket_req3 none = {.tp_block_nr = 0};
  struct sockaddr_ll at = {.sll_protocol = 0};
  socklen_t size = sizeof at;
  if (getsockname(fd, (struct sockaddr *)&at, &size)) return;
  if (!at.sll_protocol || at.sll_protocol == htons(NOTHING)) return;
  setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof none);
  bind_to(fd, NOTHING);
}

void ring_close(struct ring *r) {
  if (!r->map) return;
  munmap(r->map, (size_t)r->blocks * RING_BLOCK);
  ring_rest(r->fd);
  r->map = NULL;
}

static struct tpacket_hdr_v1 *head(const struct ring *r) {
  struct tpacket_block_desc *d =
      (void *)(r->map + (size_t)r->block * RING_BLOCK);
  return &d->hdr.bh1;
}

/* Begins the next block if the kernel has handed it to us. Returns whether. */
static int begin(struct ring *r) {
  struct tpacket_hdr_v1 *h = head(r);
  if (!(__atomic_load_n(&h->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
    return 0;
  r->left = h->num_pkts;
  r->at = h->offset_to_first_pkt;
  return 1;
}

static void give_back(struct ring *r) {
  __atomic_store_n(&head(r)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  r->block = (r->block + 1) % r->blocks;
  r->run++;
}

/* Reads the packet at r->at; 0 if it does not lie within its block. */
static int read_packet(struct ring *r, struct ring_packet *p) {
  const uint8_t *block = (const uint8_t *)head(r) -
                         offsetof(struct tpacket_block_desc, hdr);
  if (r->at > RING_BLOCK - sizeof(struct tpacket3_hdr) || r->at % 8) return 0;
  const struct tpacket3_hdr *t = (const void *)(block + r->at);
  uint32_t room = RING_BLOCK - r->at;
  if (t->tp_net > room || t->tp_snaplen > room - t->tp_net) return 0;
  p->bytes = block + r->at + t->tp_net;
  p->size = t->tp_snaplen;
  p->whole = t->tp_len;
  p->at = t->tp_sec * 1000000000ll + t->tp_nsec;
  if (t->tp_status & TP_STATUS_LOSING) r->run = r->blocks;
  r->left--;
  if (!t->tp_next_offset || t->tp_next_offset > room) r->left = 0;
  r->at += t->tp_next_offset;
  return 1;
}

int ring_next(struct ring *r, struct ring_packet *p) {
  if (!r->map) return 0;
  for (uint32_t i = 0; i <= r->blocks; i++) {
    int open = r->left || r->at;       /* at != 0: a block is begun */
    if (open && r->left && read_packet(r, p)) return 1;
    if (open) give_back(r);
    r->left = r->at = 0;
    if (!begin(r)) return 0;
  }
  return 0;
}

int ring_crowded(struct ring *r) {
  int crowded = r->run >= r->blocks / 2;
  r->run = 0;
  return crowded;
}

uint32_t ring_lost(struct ring *r) {
  struct tpacket_stats_v3 stats = {0};
  socklen_t size = sizeof stats;
  if (!r->map ||
      getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size))
    return 0;
  return stats.tp_drops;
}
