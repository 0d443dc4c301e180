/* SPDX-License-Identifier: MIT */
#include "net/user/datagram.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/user/queue.h"
#include "net/user/socket.h"
#include "wire/build.h"
#include "wire/proto.h"

enum {
  ENOUGH = 4,            /* bytes of the nonce that make a full match */
  AGAIN = 16,            /* how often a send is tried after a pending error */
  SHARE = 4              /* of each family: a quarter of the free descriptors */
};

/* A port is reserved so long after an answer, for a second one: four times as
 * long as the first one took, but within these bounds; ns. */
static const int64_t LEAST = 100000000, MOST = 2000000000;

void datagram_open(struct user *u) {
  int first = dup(u->epoll), left = u->limit - first;
  if (first >= 0) close(first);
  unsigned most = left > SHARE ? (unsigned)left / SHARE : 1;
  u->pool[USER_4].most = u->pool[USER_6].most =
      most < USER_POOL ? most : USER_POOL;
  memset(u->table, 0xff, USER_HASH * sizeof *u->table);
}

static void drop(struct user_pool *pool, unsigned socket) {
  if (pool->fd[socket] >= 0) close(pool->fd[socket]);
  pool->fd[socket] = -1;
}

void datagram_close(struct user *u) {
  for (int f = USER_4; f <= USER_6; f++)
    for (unsigned i = 0; i < u->pool[f].count; i++) drop(&u->pool[f], i);
}

int datagram_spare(struct user *u) {
  for (int f = USER_4; f <= USER_6; f++) {
    struct user_pool *pool = &u->pool[f];
    for (unsigned i = 0; i < pool->count; i++) {
      if (pool->fd[i] < 0 || pool->used[i]) continue;
      drop(pool, i);
      return 1;
    }
  }
  return 0;
}

static uint32_t *place_of(const struct user *u, int family, unsigned socket,
                          const uint8_t dst[16], uint16_t dport) {
  uint64_t half[2];
  memcpy(half, dst, sizeof half);
  uint64_t h = half[0] ^ half[1] * 0x9e3779b97f4a7c15ull;
  h ^= (uint64_t)dport << 32 | socket << 1 | (unsigned)family;
  h *= 0xbf58476d1ce4e5b9ull;
  return &u->table[h >> 50 & (USER_HASH - 1)];
}

/* Returns the slot that reserves |socket| for |dst| and |dport|, or NULL. */
static struct user_slot *find(const struct user *u, int family,
                              unsigned socket, const uint8_t dst[16],
                              uint16_t dport) {
  uint32_t i = *place_of(u, family, socket, dst, dport);
  while (i != SLAB_NONE) {
    struct user_slot *s = user_slot(u, i);
    if (s->socket == socket && s->family == family && s->dport == dport &&
        !memcmp(s->dst, dst, sizeof s->dst))
      return s;
    i = s->next;
  }
  return NULL;
}

static void release(struct user *u, uint32_t i) {
  const struct user_slot *s = user_slot(u, i);
  uint32_t *at = place_of(u, s->family, s->socket, s->dst, s->dport);
  while (*at != i) at = &user_slot(u, *at)->next;
  *at = s->next;
  u->pool[s->family].used[s->socket]--;
  slab_give(&u->slots, i);
}

void datagram_pass(struct user *u, int64_t now) {
  struct timer *t;
  while ((t = wheel_expire(&u->kept, now))) release(u, t->index);
}

/* Opens a socket for place |n| of the pool of |family|. Returns |n| or a
 * negative errno. */
static int add(struct user *u, int family, unsigned n) {
  static const uint8_t any[16];
  struct user_pool *pool = &u->pool[family];
  struct sockaddr_in6 at;
  socklen_t room = sizeof at;
  if (n >= pool->most) return -EADDRINUSE;
  int fd = socket_open(u, family, WIRE_UDP);
  if (fd == -EMFILE && datagram_spare(u))
    fd = socket_open(u, family, WIRE_UDP);
  if (fd < 0) return fd;
  unsigned size = route_sockaddr(&at, family == USER_4 ? 4 : 6, any, 0, 0);
  int err = bind(fd, (struct sockaddr *)&at, size) ||
            getsockname(fd, (struct sockaddr *)&at, &room) ? -errno : 0;
  if (!err)
    err = socket_watch(u, fd, USER_UDP, (uint32_t)family * USER_POOL + n, 0);
  if (err) {
    close(fd);
    return err;
  }
  pool->fd[n] = fd;
  pool->df[n] = 0;
  pool->port[n] = ntohs(at.sin6_port); /* at the same place for IPv4 */
  if (n == pool->count) pool->count++;
  return (int)n;
}

/* Returns a socket that is free for the destination of |p|, or a negative
 * errno. Begins at a random one, so that a port does not show the next one. */
static int choose(struct user *u, const struct wire_probe *p, int family) {
  const struct user_pool *pool = &u->pool[family];
  unsigned n = pool->count, first = n ? rand_below(&u->rand, n) : 0, hole = n;
  for (unsigned i = 0; i < n; i++) {
    unsigned socket = first + i < n ? first + i : first + i - n;
    if (pool->fd[socket] < 0) hole = socket;
    else if (!find(u, family, socket, p->dst, p->dport)) return (int)socket;
  }
  return add(u, family, hole);
}

/* Writes the data of |p| to |out|[USER_DATA]. Returns its size or a negative
 * errno. */
static int fill(struct user *u, const struct wire_probe *p,
                struct user_slot *s, uint8_t *out) {
  int head = (p->family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER) +
             PROTO_UDP_HEADER;
  int whole = p->size ? p->size
                      : wire_default_size(p->family, WIRE_UDP, WIRE_CLASSIC,
                                          p->payload_size);
  int size = whole - head, rest = size - p->payload_size;
  uint64_t nonce = keyed_hash(&u->key, ++u->count);
  if (rest < 0 || whole > PROTO_PACKET_MAX) return -EMSGSIZE;
  s->payload_size = p->payload_size;
  s->nonce_size = (uint8_t)(rest < USER_NONCE ? rest : USER_NONCE);
  memcpy(s->nonce, &nonce, sizeof s->nonce);
  if (p->payload_size) memcpy(out, p->payload, p->payload_size);
  memset(out + p->payload_size, p->fill, (size_t)rest);
  memcpy(out + p->payload_size, s->nonce, s->nonce_size);
  return size;
}

/* Sends |size| bytes of |data| as |p| from |fd|. A pending error of the socket,
 * about an earlier probe, fails a send without reason; it is in the queue of
 * errors, too. 0 or an errno. */
static int transmit(int fd, const struct wire_probe *p, uint8_t *data,
                    size_t size) {
  struct sockaddr_in6 to;
  _Alignas(struct cmsghdr) uint8_t room[USER_CONTROL];
  struct iovec bytes = {data, size};
  struct msghdr m = {.msg_name = &to, .msg_iov = &bytes, .msg_iovlen = 1};
  m.msg_namelen = route_sockaddr(&to, p->family, p->dst, p->dport,
                                 p->interface);
  socket_options(&m, room, p);
  int split = p->family == 6 && !p->dont_fragment, err = 0;
  for (int i = 0; i < AGAIN; i++) {
    if (sendmsg(fd, &m, MSG_DONTWAIT) >= 0) return 0;
    if (errno == EAGAIN || errno == ENOBUFS || errno == EPERM) break;
  }
  err = errno;
  if (err != EMSGSIZE || !split) return err;
  socket_split(fd, 1);
  err = sendmsg(fd, &m, MSG_DONTWAIT) < 0 ? errno : 0;
  socket_split(fd, 0);
  return err;
}

static int later(int err) {
  return err == EMFILE || err == EADDRINUSE || err == ENOMEM ||
         err == EAGAIN || err == ENOBUFS;
}

/* Ends |p| with |err|, or lets it wait. See datagram_send. */
static int refuse(struct user *u, int err, struct net_sent *sent) {
  int64_t now = u->net.now();
  if (later(err) && user_wait(u, now)) return 0;
  *sent = (struct net_sent){.at = now, .error = (uint16_t)err};
  return 1;
}

int datagram_send(struct user *u, const struct wire_probe *p,
                  struct net_sent *sent) {
  int family = p->family == 4 ? USER_4 : USER_6;
  struct user_pool *pool = &u->pool[family];
  int socket = choose(u, p, family);
  if (socket < 0) return refuse(u, -socket, sent);
  uint32_t i = slab_take(&u->slots);
  if (i == SLAB_NONE) return refuse(u, ENOMEM, sent);
  struct user_slot *s = user_slot(u, i);
  int size = fill(u, p, s, u->data), fd = pool->fd[socket];
  if (pool->df[socket] != p->dont_fragment)
    socket_df(fd, family, pool->df[socket] = p->dont_fragment);
  int64_t start = u->net.now();
  int err = size < 0 ? -size : transmit(fd, p, u->data, (size_t)size);
  if (err) {
    slab_give(&u->slots, i);
    return refuse(u, socket_reason(u, p, err), sent);
  }
  *sent = (struct net_sent){.size = (uint16_t)(size + PROTO_UDP_HEADER +
      (p->family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER))};
  net_stamp_early(sent, 1, start, u->net.now(), &u->usual);
  memcpy(s->dst, p->dst, sizeof s->dst);
  s->handle = p->handle;
  s->dport = p->dport;
  s->socket = (uint16_t)socket;
  s->family = (uint8_t)family;
  s->answered = 0;
  s->sent = sent->at;
  uint32_t *place = place_of(u, family, (unsigned)socket, s->dst, s->dport);
  s->next = *place;
  *place = i;
  pool->used[socket]++;
  s->timer.index = i;
  wheel_add(&u->kept, &s->timer,
            s->sent + p->timeout_ms * 1000000ll + u->late);
  user_took(u);
  return 1;
}

/* Returns how much the quote |q| proves that it is of |s|: 2 its bytes, 1 its
 * ports alone, 0 it is of another probe. */
static int proof(const struct user_slot *s, const struct queue_message *q) {
  size_t from = s->payload_size;
  size_t n = q->size > from ? q->size - from : 0;
  if (n > s->nonce_size) n = s->nonce_size;
  if (n && memcmp(q->data + from, s->nonce, n)) return 0;
  return n >= ENOUGH ? 2 : 1;
}

/* Whether |r| is the last answer to |s|, but for copies of it. A firewall that
 * says unreachable may pass the probe on all the same. */
static int ends(const struct user_slot *s, const struct wire_reply *r) {
  return r->kind == WIRE_TIME_EXCEEDED || r->kind == WIRE_TOO_BIG ||
         r->kind == WIRE_UDP_REPLY ||
         (r->kind == WIRE_UNREACH && !memcmp(r->from, s->dst, sizeof s->dst));
}

/* Writes into |r| which probe |q| belongs to. If it belongs to none, |r| gets
 * no port or handle, and the engine counts it. */
static void link_reply(struct user *u, int family, unsigned socket, int errors,
                       const struct queue_message *q, struct wire_reply *r) {
  struct user_slot *s = find(u, family, socket, r->quoted_dst, r->dport);
  int sure = !s ? 0 : errors ? proof(s, q) : 1;
  if (!errors) r->kind = WIRE_UDP_REPLY;
  if (!sure) return;
  r->handle = s->handle;
  r->sport = u->pool[family].port[socket];
  if (sure < 2) r->flags |= WIRE_WEAK;
  if (s->answered || !ends(s, r)) return;
  s->answered = 1;
  int64_t wait = 4 * (r->at - s->sent);
  wait = wait < LEAST ? LEAST : wait > MOST ? MOST : wait;
  if (r->at + wait >= s->timer.at) return;
  wheel_remove(&u->kept, &s->timer);
  wheel_add(&u->kept, &s->timer, r->at + wait);
}

uint32_t datagram_receive(struct user *u, int family, unsigned socket,
                          int errors, struct wire_reply *v, uint32_t n,
                          const struct net_clock *clock) {
  int got = queue_read(u, u->pool[family].fd[socket], errors, n);
  uint32_t k = 0;
  for (int i = 0; i < got; i++) {
    struct queue_message q;
    if (queue_message(u, (unsigned)i, errors, family, WIRE_UDP, clock, &q))
      continue;
    link_reply(u, family, socket, errors, &q, &q.reply);
    v[k++] = q.reply;
  }
  return k;
}
