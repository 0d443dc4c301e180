/* SPDX-License-Identifier: MIT
 *
 * mini.h: the parts of mini, the bare reference of the load bench: what is
 * between its loop (mini.c) and the kernel (mini_send.c, mini_xdp.c,
 * mini_receive.c).
 */
#ifndef YARDSTICKS_MINI_H
#define YARDSTICKS_MINI_H

#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
  MINI_BATCH = 64,
  MINI_SIZE = 60,        /* bytes of a probe: the engine's default */
  MINI_ETHER = 14,
  MINI_CHECKSUM = 0xbeef /* of every probe: constant within a flow ("paris") */
};

/* The way out. */
struct mini_send {
  int fd;
  int ether;             /* bytes before the IP header: 0 or MINI_ETHER */
  int xdp;
  uint8_t bytes[MINI_BATCH][MINI_ETHER + MINI_SIZE + 2];
  struct mmsghdr messages[MINI_BATCH];
  struct iovec vectors[MINI_BATCH];
  struct sockaddr_in to[MINI_BATCH];
  unsigned long retries; /* the kernel had no room */
  uint8_t *area;         /* AF_XDP: frames, */
  struct xdp_desc *descriptors;
  uint32_t *produced, *completed, *consumed;
  uint32_t next, done;   /* own counts of the two rings */
};

/* The way in. */
struct mini_receive {
  int fd;
  uint8_t *ring;         /* NULL: a raw socket */
  unsigned block;        /* of the ring, to be read next */
};

/* Called with every reply: its IP header, how many bytes of it there are, and
 * when the kernel got it, ns since 1970. */
typedef void mini_take(void *, const uint8_t *, unsigned, int64_t);

/* mini_send_open: |mode| is "rawmm", "pktmm" or "xdp"; |ether|: the header of
 * all frames. 0 or -errno. */
int mini_send_open(struct mini_send *s, const char *mode, const char *device,
                   const uint8_t *ether);

/* mini_send_at: where the IP header of the |i|-th packet of the batch goes. */
static inline uint8_t *mini_send_at(struct mini_send *s, unsigned i);

/* mini_send_batch: sends the first |n|. 0 or -errno. */
int mini_send_batch(struct mini_send *s, unsigned n);

/* mini_xdp_open, mini_xdp_batch: the same for AF_XDP in copy mode. */
int mini_xdp_open(struct mini_send *s, const char *device,
                  const uint8_t *ether);
int mini_xdp_batch(struct mini_send *s, unsigned n);

/* mini_receive_open: |mode| is "raw" or "ring". 0 or -errno. */
int mini_receive_open(struct mini_receive *r, const char *mode,
                      const char *device);

/* mini_receive_all: hands out all that there is; how many. */
unsigned mini_receive_all(struct mini_receive *r, mini_take *take, void *of);

/* mini_receive_drops: replies that the kernel dropped so far. */
unsigned mini_receive_drops(struct mini_receive *r);

enum { MINI_FRAMES = 4096, MINI_FRAME = 2048 };

static inline uint8_t *mini_send_at(struct mini_send *s, unsigned i) {
  if (!s->xdp) return s->bytes[i] + s->ether;
  uint32_t frame = (s->next + i) % MINI_FRAMES;
  return s->area + frame * (size_t)MINI_FRAME + MINI_ETHER;
}

#endif
