/* SPDX-License-Identifier: MIT
 *
 * How mini sends with sendmmsg: whole frames on a packet socket, or IP packets
 * on a raw socket. When the kernel has no room it tries the rest again at once.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>

#include "mini.h"

static int open_packet(const char *device) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET,
                           .sll_ifindex = (int)if_nametoindex(device)};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0 || bind(fd, (void *)&to, sizeof to) < 0) return -errno;
  return fd;
}

static int open_raw(void) {
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), probe = IP_PMTUDISC_PROBE;
  if (fd < 0) return -errno;
  setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
  return fd;
}

int mini_send_open(struct mini_send *s, const char *mode, const char *device,
                   const uint8_t *ether) {
  int room = 4 << 20, raw = !strcmp(mode, "rawmm");
  if (!strcmp(mode, "xdp")) return mini_xdp_open(s, device, ether);
  if (!raw && strcmp(mode, "pktmm")) return -EINVAL;
  s->ether = raw ? 0 : MINI_ETHER;
  s->fd = raw ? open_raw() : open_packet(device);
  if (s->fd < 0) return s->fd;
  setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
  for (int i = 0; i < MINI_BATCH; i++) {
    struct msghdr *m = &s->messages[i].msg_hdr;
    memcpy(s->bytes[i], ether, (size_t)s->ether);
    s->vectors[i].iov_base = s->bytes[i];
    s->vectors[i].iov_len = (size_t)s->ether + MINI_SIZE;
    m->msg_iov = &s->vectors[i];
    m->msg_iovlen = 1;
    if (!raw) continue;
    s->to[i].sin_family = AF_INET;
    m->msg_name = &s->to[i];
    m->msg_namelen = sizeof s->to[i];
  }
  return 0;
}

int mini_send_batch(struct mini_send *s, unsigned n) {
  if (s->xdp) return mini_xdp_batch(s, n);
  for (unsigned i = 0; i < n && !s->ether; i++)
    memcpy(&s->to[i].sin_addr, s->bytes[i] + 16, 4);
  for (unsigned done = 0; done < n;) {
    int k = sendmmsg(s->fd, s->messages + done, n - done, 0);
    if (k < 0 && errno != ENOBUFS && errno != EAGAIN) return -errno;
    if (k < 0) s->retries++;
    else done += (unsigned)k;
  }
  return 0;
}
