/* SPDX-License-Identifier: MIT */
#include "net/host/route.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DISCARD = 9 };                  /* any port will do; RFC 863 */

void route_init(struct route *r) {
  memset(r, 0, sizeof *r);
  r->fd4 = r->fd6 = -1;
}

void route_close(struct route *r) {
  if (r->fd4 >= 0) close(r->fd4);
  if (r->fd6 >= 0) close(r->fd6);
  route_init(r);
}

unsigned route_sockaddr(void *out, int family, const uint8_t addr[16],
                        uint16_t port, uint32_t scope) {
  if (family == 4) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&a.sin_addr, addr, 4);
    memcpy(out, &a, sizeof a);
    return sizeof a;
  }
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  memcpy(&a.sin6_addr, addr, 16);
  if (IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr)) a.sin6_scope_id = scope;
  memcpy(out, &a, sizeof a);
  return sizeof a;
}

static int is_zero(const uint8_t addr[16]) {
  static const uint8_t zero[16];
  return !memcmp(addr, zero, sizeof zero);
}

int route_is_group(const struct net_route *q) {
  if (q->family == 6) return q->dst[0] == 0xff;      /* RFC 4291 2.7 */
  static const uint8_t all[4] = {255, 255, 255, 255};
  return (q->dst[0] & 0xf0) == 0xe0 || !memcmp(q->dst, all, 4);
}

static int open_socket(const struct net_route *q) {
  int family = q->family == 4 ? AF_INET : AF_INET6, one = 1;
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  uint32_t mark = q->mark, index = q->interface;
  int err = 0;
  if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark))
    err = -errno;
  if (!err && index &&
      setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index))
    err = -errno;
  if (!err && q->broadcast &&
      setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof one))
    err = -errno;
  if (err) close(fd);
  return err ? err : fd;
}

static int ask(int fd, struct net_route *q) {
  struct sockaddr_in6 to;
  unsigned size = route_sockaddr(&to, q->family, q->dst, DISCARD, q->interface);
  if (connect(fd, (struct sockaddr *)&to, size)) return -errno;
  struct sockaddr_in6 mine;
  socklen_t room = sizeof mine;
  if (getsockname(fd, (struct sockaddr *)&mine, &room)) return -errno;
  memset(q->src, 0, sizeof q->src);
  if (q->family == 6)
    memcpy(q->src, &mine.sin6_addr, 16);
  else
    memcpy(q->src, &((struct sockaddr_in *)&mine)->sin_addr, 4);
  return 0;
}

int route_ask(int fd, struct net_route *q) {
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  int err = ask(fd, q);
  connect(fd, &none, sizeof none);     /* forget the address it chose */
  return err;
}

/* Asks a question with conditions over a new socket. Returns the socket, which
 * stays connected, or a negative errno. */
static int ask_with(struct net_route *q) {
  uint8_t src[16];
  int fd = open_socket(q), err = 0, given = !is_zero(q->src);
  if (fd < 0) return fd;
  memcpy(src, q->src, sizeof src);
  if (given) {
    struct sockaddr_in6 from;
    unsigned size = route_sockaddr(&from, q->family, src, 0, q->interface);
    if (bind(fd, (struct sockaddr *)&from, size)) err = -errno;
  }
  if (!err) err = ask(fd, q);
  if (given) memcpy(q->src, src, sizeof src);
  if (err) close(fd);
  return err ? err : fd;
}

int route_mtu(const struct net_route *q) {
  struct net_route copy = *q;
  int fd = ask_with(&copy), mtu = 0;
  socklen_t room = sizeof mtu;
  if (fd < 0) return fd;
  int err = q->family == 4
                ? getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &room)
                : getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &room);
  if (err) err = -errno;
  close(fd);
  return err ? err : mtu;
}

static int find(struct route *r, struct net_route *q) {
  if (q->mark || q->interface || q->broadcast || !is_zero(q->src)) {
    int one = ask_with(q);
    if (one >= 0) close(one);
    return one < 0 ? one : 0;
  }
  int *fd = q->family == 4 ? &r->fd4 : &r->fd6;
  if (*fd < 0 && (*fd = open_socket(q)) < 0) {
    int err = *fd;
    *fd = -1;
    return err;
  }
  return route_ask(*fd, q);
}

int route_lost(struct route *r, int family, const uint8_t dst[16],
               uint32_t link) {
  struct net_route q = {.family = (uint8_t)family, .interface = link};
  memcpy(q.dst, dst, sizeof q.dst);
  int err = find(r, &q);
  return err ? -err : EADDRNOTAVAIL;
}

const char *route_reason(int err) {
  return err == -EHOSTUNREACH
             ? "a route of this host says that the target cannot be reached"
         : err == -EACCES ? "a route of this host prohibits the target"
                          : NULL;
}

void route_poke(int family, const uint8_t addr[16], uint32_t link) {
  struct net_route q = {.family = (uint8_t)family, .interface = link};
  struct sockaddr_in6 to;
  int fd = open_socket(&q), one = 1;
  if (fd < 0) return;
  unsigned size = route_sockaddr(&to, family, addr, DISCARD, link);
  if (family == 4) setsockopt(fd, IPPROTO_IP, IP_TTL, &one, sizeof one);
  else setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &one, sizeof one);
  sendto(fd, NULL, 0, MSG_DONTWAIT, (struct sockaddr *)&to, size);
  close(fd);
}

/* Returns a text for |err|, or NULL. Broadcasts and "prohibit" routes give the
 * same error; it distinguishes them by asking again with broadcasts allowed.
 */
static const char *explain(struct route *r, struct net_route q, int err) {
  if (err == -EHOSTUNREACH) return route_reason(err);
  if (err == -EPERM) {                 /* maybe only for the mark */
    q.mark = 0;
    return find(r, &q) == -EPERM ? "a policy of this host forbids the target; "
                                   "ip xfrm policy lists them" : NULL;
  }
  q.broadcast = 1;
  if (err == -EACCES && find(r, &q) == -EACCES)
    return route_reason(err);
  return NULL;
}

static int same(const struct net_route *a, const struct net_route *b) {
  return !memcmp(a->dst, b->dst, sizeof a->dst) &&
         !memcmp(a->src, b->src, sizeof a->src) && a->family == b->family &&
         a->broadcast == b->broadcast && a->interface == b->interface &&
         a->mark == b->mark;
}

int route_find(struct route *r, struct net_route *q) {
  uint32_t word[4], h;
  if (route_is_group(q) && !q->broadcast) return -EACCES;
  memcpy(word, q->dst, sizeof word);
  h = (word[0] ^ word[1] ^ word[2] ^ word[3]) * 0x9e3779b1u;
  struct route_answer *a = &r->cache[h >> 26];
  int fresh = a->valid && q->now - a->question.now < NET_ROUTE_NS;
  if (!fresh || !same(&a->question, q)) {
    a->question = a->answer = *q;
    a->error = find(r, &a->answer);
    a->answer.why = explain(r, *q, a->error);
    a->valid = 1;
  }
  memcpy(q->src, a->answer.src, sizeof q->src);
  q->why = a->answer.why;
  return a->error;
}
