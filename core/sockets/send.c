/* SPDX-License-Identifier: MIT
 *
 * The message was copied by the kernel: the engine cannot change a packet after
 * it was checked.
 */
#include "sockets/send.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "net/host/control.h"
#include "wire/fragment.h"

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Writes what the kernel's routes and policies are to know of the packet. */
static void options(const struct serve *s, struct msghdr *m, uint8_t *room,
                    int family, const struct message_packet *p,
                    const struct guard_packet *g) {
  struct cmsghdr *c = NULL;
  int protocol = g->protocol, tos = g->tos, v4 = family == 4;
  memset(room, 0, RAW_CONTROL);
  m->msg_control = room;
  m->msg_controllen = RAW_CONTROL;
  if (v4 && s->able)
    c = control_add(m, c, IPPROTO_IP, RAW_IP_PROTOCOL, &protocol,
                    sizeof protocol);
  if (v4 && (p->interface || p->by_source)) {
    struct in_pktinfo info = {.ipi_ifindex = (int)p->interface};
    if (p->by_source) memcpy(&info.ipi_spec_dst, g->src, 4);
    c = control_add(m, c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  } else if (p->interface || p->by_source) {
    struct in6_pktinfo info = {.ipi6_ifindex = p->interface};
    if (p->by_source) memcpy(&info.ipi6_addr, g->src, 16);
    c = control_add(m, c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
  if (tos)
    c = control_add(m, c, v4 ? IPPROTO_IP : IPPROTO_IPV6,
                    v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos);
  control_end(m, c);
}

static socklen_t address(struct serve *s, struct sockaddr_in6 *to, int family,
                         const struct message_packet *p,
                         const struct guard_packet *g) {
  struct sockaddr_in in4 = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (family == 4) {
    memcpy(&in4.sin_addr, g->dst, 4);
    memcpy(to, &in4, sizeof in4);
    return sizeof in4;
  }
  memcpy(&in6.sin6_addr, g->dst, 16);
  if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr)) in6.sin6_scope_id = p->interface;
  if (s->able) in6.sin6_port = htons(g->protocol);
  *to = in6;
  return sizeof in6;
}

/* Prepares message |i|. 0 or a negative errno: it may not be sent. */
static int prepare(struct serve *s, unsigned i, int family,
                   const struct message_packet *p, uint8_t *bytes, int64_t at) {
  struct msghdr *m = &s->out[i].msg_hdr;
  struct guard_packet g;
  int err = guard_check(&s->guard, family, bytes, p->size, p->interface, at,
                        &g);
  if (err) return err;
  s->out_bytes[i] = (struct iovec){bytes, p->size};
  m->msg_namelen = address(s, &s->to[i], family, p, &g);
  options(s, m, s->out_control[i], family, p, &g);
  return 0;
}

static void note(struct serve *s, int64_t start, int sent, int error) {
  if (s->answer.runs > RAW_BATCH) return;
  s->answer.run[s->answer.runs++] =
      (struct message_run){start, now(), sent, error};
}

/* Sends message |i| in fragments. Returns 0 or an errno. */
static int cut(struct serve *s, int fd, unsigned i,
               const struct message_packet *p) {
  struct iovec piece = {.iov_base = s->fragment};
  struct msghdr part = s->out[i].msg_hdr;
  size_t at = 0;
  int n;
  if (p->mtu > sizeof s->fragment) return EINVAL;
  part.msg_iov = &piece;
  while ((n = wire_fragment(s->out_bytes[i].iov_base, p->size, p->mtu, p->id,
                            &at, s->fragment)) > 0) {
    piece.iov_len = (size_t)n;
    if (sendmsg(fd, &part, MSG_DONTWAIT) < 0) return errno;
  }
  return -n;
}

/* Sends |n| prepared messages, |most| in one call. Returns 0, or 1 if one was
 * refused, which is noted. */
static int flush(struct serve *s, int fd, unsigned n, unsigned most) {
  for (unsigned i = 0; i < n;) {
    int64_t start = now();
    int k = sendmmsg(fd, &s->out[i], n - i < most ? n - i : most, MSG_DONTWAIT);
    int err = errno;
    note(s, start, k < 0 ? 0 : k, k < 0 ? err : 0);
    if (k <= 0) return 1;
    i += (unsigned)k;
  }
  return 0;
}

int send_packets(struct serve *s, size_t size) {
  struct message_ask q;
  size_t at = sizeof q;
  unsigned n = 0;
  int err = 0;
  memcpy(&q, s->asked, sizeof q);
  if (!s->known || (q.family != 4 && q.family != 6) || q.count > RAW_BATCH ||
      !q.most)
    return -EINVAL;
  int fd = s->fd[q.family == 4 ? RAW_SEND4 : RAW_SEND6];
  int64_t start = now();
  for (; n < q.count && !err; n++) {
    struct message_packet p;
    if (size - at < sizeof p) return -EINVAL;
    memcpy(&p, s->asked + at, sizeof p);
    at += sizeof p;
    if (p.size > size - at) return -EINVAL;
    err = prepare(s, n, (int)q.family, &p, s->asked + at, start);
    if (!err && p.mtu) {                 /* it comes alone */
      note(s, start, 0, q.count == 1 ? cut(s, fd, n, &p) : EINVAL);
      return 0;
    }
    at += message_padded(p.size);
    if (at > size) at = size;
    if (err) break;
  }
  if (!flush(s, fd, n, q.most) && err) note(s, start, 0, -err);
  return 0;
}
