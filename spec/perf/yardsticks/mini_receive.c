/* SPDX-License-Identifier: MIT
 *
 * How mini receives: recvmmsg on a raw ICMP socket, or a TPACKET_V3 ring with a
 * filter that keeps ICMP. Both use the kernel's receive timestamps.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "mini.h"

enum {
  BLOCK = 1 << 17, BLOCKS = 64,
  FRAME = 2048,
  RETIRE_MS = 1,         /* a block is handed over at the latest after this */
  SNAP = 256,            /* bytes taken of a reply */
  CONTROL = 64
};

static const int on = 1;

static int open_raw(struct mini_receive *r) {
  int room = 32 << 20;
  r->fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  if (r->fd < 0) return -errno;
  setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt(r->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  return 0;
}

static int open_ring(struct mini_receive *r, const char *device) {
  struct sock_filter icmp[] = {
    {BPF_LD | BPF_B | BPF_ABS, 0, 0, 9},             /* the IPv4 protocol */
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, IPPROTO_ICMP},
    {BPF_RET | BPF_K, 0, 0, SNAP},
    {BPF_RET | BPF_K, 0, 0, 0}
  };
  struct sock_fprog filter = {4, icmp};
  struct tpacket_req3 size = {
    .tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = FRAME,
    .tp_frame_nr = BLOCK / FRAME * BLOCKS, .tp_retire_blk_tov = RETIRE_MS
  };
  struct sockaddr_ll from = {
    .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
    .sll_ifindex = (int)if_nametoindex(device)
  };
  int version = TPACKET_V3, fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (fd < 0) return -errno;
  r->fd = fd;
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) ||
      setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) ||
      setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &size, sizeof size) ||
      setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on))
    return -errno;
  r->ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_POPULATE, fd, 0);
  if (r->ring == MAP_FAILED) return -errno;
  return bind(fd, (void *)&from, sizeof from) < 0 ? -errno : 0;
}

int mini_receive_open(struct mini_receive *r, const char *mode,
                      const char *device) {
  if (!strcmp(mode, "ring")) return open_ring(r, device);
  return strcmp(mode, "raw") ? -EINVAL : open_raw(r);
}

static int64_t ns(int64_t s, int64_t rest) { return s * 1000000000 + rest; }

static unsigned read_ring(struct mini_receive *r, mini_take *take, void *of) {
  unsigned got = 0;
  for (;;) {
    struct tpacket_block_desc *b =
      (void *)(r->ring + (size_t)r->block * BLOCK);
    struct tpacket_hdr_v1 *h = &b->hdr.bh1;
    if (!(__atomic_load_n(&h->block_status, __ATOMIC_ACQUIRE) &
          TP_STATUS_USER))
      return got;
    uint8_t *p = (uint8_t *)b + h->offset_to_first_pkt;
    for (unsigned i = 0; i < h->num_pkts; i++) {
      struct tpacket3_hdr *x = (void *)p;
      take(of, p + x->tp_net, x->tp_snaplen, ns(x->tp_sec, x->tp_nsec));
      p += x->tp_next_offset;
    }
    got += h->num_pkts;
    __atomic_store_n(&h->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    r->block = (r->block + 1) % BLOCKS;
  }
}

static int64_t stamp(struct msghdr *m) {
  struct timespec t = {0, 0};
  struct cmsghdr *c = CMSG_FIRSTHDR(m);
  if (c && c->cmsg_type == SCM_TIMESTAMPNS) memcpy(&t, CMSG_DATA(c), sizeof t);
  return ns(t.tv_sec, t.tv_nsec);
}

static unsigned read_raw(struct mini_receive *r, mini_take *take, void *of) {
  static uint8_t bytes[MINI_BATCH][SNAP], control[MINI_BATCH][CONTROL];
  static struct mmsghdr messages[MINI_BATCH];
  static struct iovec vectors[MINI_BATCH];
  unsigned got = 0;
  for (;;) {
    for (int i = 0; i < MINI_BATCH; i++) {
      struct msghdr *m = &messages[i].msg_hdr;
      vectors[i] = (struct iovec){bytes[i], SNAP};
      m->msg_iov = &vectors[i];
      m->msg_iovlen = 1;
      m->msg_control = control[i];
      m->msg_controllen = CONTROL;
    }
    int n = recvmmsg(r->fd, messages, MINI_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
      take(of, bytes[i], messages[i].msg_len, stamp(&messages[i].msg_hdr));
    if (n > 0) got += (unsigned)n;
    if (n < MINI_BATCH) return got;
  }
}

unsigned mini_receive_all(struct mini_receive *r, mini_take *take, void *of) {
  return (r->ring ? read_ring : read_raw)(r, take, of);
}

unsigned mini_receive_drops(struct mini_receive *r) {
  struct tpacket_stats_v3 s = {0};
  socklen_t size = sizeof s;
  if (!r->ring) return 0;
  getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &s, &size);
  return s.tp_drops;
}
