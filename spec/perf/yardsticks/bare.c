/* SPDX-License-Identifier: MIT
 *
 * bare: a loop to compare the engine's cost with. It sends the same packets as
 * 1,000 concurrent traces do, in the same order, and receives the same replies,
 * and does nothing else: it has a raw socket each way with the engine's socket
 * options, batches of 64, arrays indexed by the identity on the wire, and polls
 * when there is nothing to read. It has no filter, no timers, no layers and no
 * Lua; it sends nothing twice and only counts missing replies.
 *
 *   bare SOURCE FIRST_DESTINATION TRACES ROUNDS TTLS [split]
 *
 * A round is TRACES destinations, counted up from the first, times TTLS probes.
 * The first round warms up and is not measured. "split" shows how much of the
 * CPU time is spent in sendmmsg, but it has to read a slow clock for that. It
 * assumes destinations exactly TTLS hops away, and prints a line of key=value.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  BATCH = 64,
  SIZE = 60,             /* whole packet, the engine's default */
  SNAP = 2048,           /* bytes taken of a reply, and */
  CONTROL = 256,         /* of what comes beside it: as the engine */
  WAIT_MS = 1000,        /* silence after which the rest counts as lost */
  CHECKSUM = 0xbeef      /* constant within a flow ("paris") */
};

struct hop {
  int64_t sent;          /* ns */
  int64_t rtt;           /* ns; 0 no reply */
  uint32_t addr;         /* who answered */
};

struct bare {
  int tx, rx;
  uint32_t src, dst;     /* host order; |dst|: the first of this round */
  unsigned traces, ttls;
  uint16_t id;           /* echo identifier */
  int split;
  int64_t sending;       /* ns of CPU time within sendmmsg, if |split| */
  unsigned sent;         /* of this round, like |got| */
  unsigned got;
  unsigned long probes, replies, polls, wrong;
  struct hop *hops;      /* [traces * ttls] */
};

static uint8_t out[BATCH][SIZE], in[BATCH][SNAP];
static uint8_t control[BATCH][CONTROL];
static struct sockaddr_in to[BATCH], from[BATCH];
static struct iovec out_bytes[BATCH], in_bytes[BATCH];
static struct mmsghdr out_message[BATCH], in_message[BATCH];

static int64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int64_t cpu_ns(const struct bare *b) {
  return b->split ? clock_ns(CLOCK_PROCESS_CPUTIME_ID) : 0;
}

static void put16(uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static unsigned get16(const uint8_t *p) { return (unsigned)(p[0] << 8 | p[1]); }

static void set(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

static int open_sockets(struct bare *b) {
  b->tx = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_RAW);
  b->rx = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  if (b->tx < 0 || b->rx < 0) return -errno;
  set(b->tx, SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20);
  set(b->tx, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  set(b->rx, SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20);
  set(b->rx, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set(b->rx, SOL_SOCKET, SO_RXQ_OVFL, 1);
  return 0;
}

/* What never changes: the kernel's view of the buffers, and of each packet all
 * but destination, TTL and identity. The kernel fills in the IP checksum. */
static void prepare(const struct bare *b) {
  uint32_t src = htonl(b->src);
  for (int i = 0; i < BATCH; i++) {
    uint8_t *p = out[i];
    p[0] = 0x45;
    put16(p + 2, SIZE);
    p[9] = IPPROTO_ICMP;
    memcpy(p + 12, &src, 4);
    p[20] = 8;                                       /* echo; RFC 792 */
    put16(p + 22, CHECKSUM);
    put16(p + 24, b->id);
    to[i].sin_family = AF_INET;
    out_bytes[i] = (struct iovec){p, SIZE};
    in_bytes[i] = (struct iovec){in[i], SNAP};
    struct msghdr *m = &out_message[i].msg_hdr, *n = &in_message[i].msg_hdr;
    m->msg_name = &to[i];
    m->msg_namelen = sizeof to[i];
    m->msg_iov = &out_bytes[i];
    n->msg_name = &from[i];
    n->msg_iov = &in_bytes[i];
    n->msg_control = control[i];
    m->msg_iovlen = n->msg_iovlen = 1;
  }
}

/* Probe number |k| of the round into buffer |i|: TTL 1 of all traces comes
 * first, then TTL 2, as the engine's turns have it. */
static void build(struct bare *b, int i, unsigned k) {
  uint8_t *p = out[i];
  uint32_t dst = htonl(b->dst + k % b->traces);
  unsigned identity = k + 1;
  to[i].sin_addr.s_addr = dst;
  memcpy(p + 16, &dst, 4);
  put16(p + 4, identity);
  p[8] = (uint8_t)(1 + k / b->traces);
  put16(p + 26, identity);
  uint32_t sum = 0x800u + CHECKSUM + b->id + identity;
  sum = (sum & 0xffff) + (sum >> 16);
  sum += sum >> 16;
  put16(p + 28, ~sum & 0xffff);                      /* compensates */
}

static int send_batch(struct bare *b) {
  unsigned left = b->traces * b->ttls - b->sent;
  int n = left < BATCH ? (int)left : BATCH;
  for (int i = 0; i < n; i++) build(b, i, b->sent + (unsigned)i);
  for (int done = 0; done < n;) {
    int64_t start = clock_ns(CLOCK_MONOTONIC), cpu = cpu_ns(b);
    int k = sendmmsg(b->tx, out_message + done, (unsigned)(n - done), 0);
    if (k < 0 && errno != ENOBUFS && errno != EAGAIN) return -errno;
    if (k < 0) continue;
    int64_t took = clock_ns(CLOCK_MONOTONIC) - start;
    b->sending += cpu_ns(b) - cpu;
    for (int i = 0; i < k; i++) b->hops[b->sent++].sent = start + took * i / k;
    done += k;
  }
  b->probes += (unsigned)n;
  return n;
}

static int64_t received_at(struct msghdr *m, int64_t offset) {
  struct timespec t = {0, 0};
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    if (c->cmsg_type == SCM_TIMESTAMPNS)
      memcpy(&t, CMSG_DATA(c), sizeof t);
  return t.tv_sec * 1000000000ll + t.tv_nsec - offset;
}

static void take(struct bare *b, const uint8_t *p, struct msghdr *m,
                 int64_t offset) {
  const uint8_t *icmp = p + (p[0] & 15) * 4, *echo = icmp;
  if (icmp[0] == 11) echo = icmp + 8 + (icmp[8] & 15) * 4;
  else if (icmp[0] != 0) return;
  unsigned k = get16(echo + 6) - 1;
  if (get16(echo + 4) != b->id || k >= b->sent) return;
  struct hop *h = &b->hops[k];
  if (h->rtt) return;
  h->rtt = received_at(m, offset) - h->sent;
  if (h->rtt <= 0) h->rtt = 1;
  memcpy(&h->addr, p + 12, 4);
  b->got++;
  b->replies++;
}

static int receive_batch(struct bare *b) {
  for (int i = 0; i < BATCH; i++) {
    in_message[i].msg_hdr.msg_namelen = sizeof from[i];
    in_message[i].msg_hdr.msg_controllen = CONTROL;
  }
  int n = recvmmsg(b->rx, in_message, BATCH, MSG_DONTWAIT, NULL);
  if (n <= 0) return 0;
  int64_t offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
  for (int i = 0; i < n; i++)
    take(b, in[i], &in_message[i].msg_hdr, offset);
  return n;
}

/* Sleeps until there is a reply; 0: long silence. */
static int wait(struct bare *b) {
  struct pollfd p = {.fd = b->rx, .events = POLLIN};
  b->polls++;
  return poll(&p, 1, WAIT_MS) > 0;
}

static int run_round(struct bare *b) {
  unsigned total = b->traces * b->ttls;
  memset(b->hops, 0, total * sizeof *b->hops);
  b->sent = b->got = 0;
  while (b->got < total) {
    int sent = send_batch(b);
    if (sent < 0) return sent;
    if (!receive_batch(b) && !sent && !wait(b)) break;
  }
  /* Every answer at the last TTL is the destination's, no other is. */
  for (unsigned k = 0; k < total; k++) {
    int last = k / b->traces + 1 == b->ttls;
    int is_dst = b->hops[k].addr == htonl(b->dst + k % b->traces);
    b->wrong += b->hops[k].rtt && last != is_dst;
  }
  b->dst += b->traces;
  return 0;
}

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv) {
  struct rusage before = {0}, after;
  struct bare b = {.id = (uint16_t)getpid()};
  if (argc != 6 && argc != 7) return 2;
  b.split = argc == 7;
  b.src = ntohl(inet_addr(argv[1]));
  b.dst = ntohl(inet_addr(argv[2]));
  b.traces = (unsigned)atoi(argv[3]);
  int rounds = atoi(argv[4]);
  b.ttls = (unsigned)atoi(argv[5]);
  if (!b.traces || !b.ttls || b.traces * b.ttls > 65535) return 2;
  b.hops = calloc(b.traces * b.ttls, sizeof *b.hops);
  int err = b.hops ? open_sockets(&b) : -ENOMEM;
  if (!err) prepare(&b);
  for (int i = 0; i <= rounds && !err; i++) {
    if (i == 1) {                      /* warm */
      b.probes = b.replies = b.polls = 0;
      b.sending = 0;
      getrusage(RUSAGE_SELF, &before);
    }
    err = run_round(&b);
  }
  getrusage(RUSAGE_SELF, &after);
  if (err) {
    fprintf(stderr, "bare: %s\n", strerror(-err));
    return 1;
  }
  double user = seconds(after.ru_utime) - seconds(before.ru_utime);
  double sys = seconds(after.ru_stime) - seconds(before.ru_stime);
  double probes = (double)b.probes;
  printf("probes=%lu replies=%lu wrong=%lu polls=%lu user=%.6f sys=%.6f "
         "us_per_probe=%.4f", b.probes, b.replies, b.wrong, b.polls, user, sys,
         (user + sys) / probes * 1e6);
  if (b.split) printf(" sending=%.4f", (double)b.sending / probes / 1e3);
  printf("\n");
  return 0;
}
