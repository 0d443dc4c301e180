/* SPDX-License-Identifier: MIT
 *
 * How mini sends with AF_XDP in copy mode: it builds frames in the shared area,
 * and one call makes the kernel copy them. This needs no XDP program. Frames
 * are used in turn: the number of a frame in the ring is also its place.
 */
#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>

#include "mini.h"

static void *map(int fd, size_t size, off_t what) {
  int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  return mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, fd,
              what);
}

static int map_rings(struct mini_send *s) {
  struct xdp_mmap_offsets o;
  socklen_t size = sizeof o;
  if (getsockopt(s->fd, SOL_XDP, XDP_MMAP_OFFSETS, &o, &size) < 0)
    return -errno;
  uint8_t *tx = map(s->fd, o.tx.desc + MINI_FRAMES * sizeof *s->descriptors,
                    XDP_PGOFF_TX_RING);
  uint8_t *done = map(s->fd, o.cr.desc + MINI_FRAMES * sizeof(uint64_t),
                      (off_t)XDP_UMEM_PGOFF_COMPLETION_RING);
  if (tx == MAP_FAILED || done == MAP_FAILED) return -errno;
  s->descriptors = (void *)(tx + o.tx.desc);
  s->produced = (void *)(tx + o.tx.producer);
  s->completed = (void *)(done + o.cr.producer);
  s->consumed = (void *)(done + o.cr.consumer);
  return 0;
}

int mini_xdp_open(struct mini_send *s, const char *device,
                  const uint8_t *ether) {
  static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING,
                              XDP_TX_RING};
  size_t area = (size_t)MINI_FRAMES * MINI_FRAME;
  int frames = MINI_FRAMES, err;
  s->xdp = 1;
  s->ether = MINI_ETHER;
  if ((s->fd = socket(AF_XDP, SOCK_RAW, 0)) < 0) return -errno;
  if ((s->area = map(-1, area, 0)) == MAP_FAILED) return -errno;
  struct xdp_umem_reg shared = {.addr = (uintptr_t)s->area, .len = area,
                                .chunk_size = MINI_FRAME};
  if (setsockopt(s->fd, SOL_XDP, XDP_UMEM_REG, &shared, sizeof shared) < 0)
    return -errno;
  for (int i = 0; i < 3; i++)
    if (setsockopt(s->fd, SOL_XDP, rings[i], &frames, sizeof frames) < 0)
      return -errno;
  if ((err = map_rings(s)) < 0) return err;
  for (int i = 0; i < MINI_FRAMES; i++)
    memcpy(s->area + i * MINI_FRAME, ether, MINI_ETHER);
  struct sockaddr_xdp to = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY,
                            .sxdp_ifindex = if_nametoindex(device)};
  return bind(s->fd, (void *)&to, sizeof to) < 0 ? -errno : 0;
}

static int kick(struct mini_send *s) {
  int k = (int)sendto(s->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);
  if (k < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EBUSY)
    return -errno;
  s->retries += k < 0;
  return 0;
}

/* Frames that the kernel has sent. */
static void collect(struct mini_send *s) {
  s->done = __atomic_load_n(s->completed, __ATOMIC_ACQUIRE);
  __atomic_store_n(s->consumed, s->done, __ATOMIC_RELEASE);
}

int mini_xdp_batch(struct mini_send *s, unsigned n) {
  int err;
  for (unsigned i = 0; i < n; i++) {
    struct xdp_desc *d = &s->descriptors[(s->next + i) % MINI_FRAMES];
    d->addr = (s->next + i) % MINI_FRAMES * (uint64_t)MINI_FRAME;
    d->len = MINI_ETHER + MINI_SIZE;
    d->options = 0;
  }
  s->next += n;
  __atomic_store_n(s->produced, s->next, __ATOMIC_RELEASE);
  if ((err = kick(s)) < 0) return err;
  collect(s);
  /* Before a frame is built again it must have gone. */
  while (s->next - s->done > MINI_FRAMES - MINI_BATCH) {
    if ((err = kick(s)) < 0) return err;
    collect(s);
  }
  return 0;
}
