/* SPDX-License-Identifier: MIT
 *
 * mini: the bare reference of the load bench. It traces hop by hop like the
 * engine, over ICMP and IPv4, with the same packets on the wire, and does
 * nothing else: it has flat arrays, replies matched by index, and one FIFO of
 * time-outs, because all are equally long. It has no Lua, no layers, and no
 * checks against a hostile network.
 *
 *   mini TX RX TARGETS DEVICE INFLIGHT [key=value...]
 *
 *   TX rawmm|pktmm|xdp  RX raw|ring  TARGETS one address a line, streamed
 *   rate=0 probes per second (0: no limit)   timeout=500 ms
 *   window=1 probes of a trace under way     burst=64 sent at once when paced
 *   mac= gateway= of frames                  out=FILE "DST HOP ADDR RTT_US"
 *
 * Each of INFLIGHT traces has |window| probes under way, from TTL 1 up, with
 * one attempt each. A reply or a time-out sends the next TTL, until the
 * destination has answered or TTL 30 has ended. The engine does the same with
 * window=1 attempts=1. It prints one line of key=value.
 */
#include "mini.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

enum {
  TTLS = 32, MAX_TTL = 30,
  FIFO = 1 << 20,        /* probes whose time runs; 512 ms at 2 million/s */
  NONE = 255
};

struct hop {
  uint32_t addr;
  uint32_t rtt;          /* ns */
  int64_t sent;          /* ns since 1970 */
};

struct trace {
  uint32_t dst;
  uint32_t seen;         /* TTLs answered or timed out */
  uint8_t next;          /* TTL */
  uint8_t end;           /* the destination's, else NONE */
  uint8_t out;           /* probes under way or about to go */
  uint8_t live;
};

struct wait { int64_t sent; uint32_t key; };

struct mini {
  struct mini_send send;
  struct mini_receive receive;
  struct trace *traces;  /* [inflight] */
  struct hop *hops;      /* [inflight * TTLS], index: the key on the wire */
  uint32_t *ready;       /* keys about to go, ring of |ready_size| */
  uint32_t ready_size, ready_first, ready_next;
  struct wait *waits;    /* ring of FIFO */
  uint32_t wait_first, wait_next;
  uint32_t batch[MINI_BATCH];
  FILE *targets, *out;
  uint32_t src;
  unsigned inflight, window, burst, live;
  double rate, tokens;
  int64_t timeout, refilled;
  uint32_t base;         /* what is constant in the IP header's sum */
  unsigned long finished, probes, replies, timeouts, polls;
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void put16(uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)(p[1] << 16 | p[2] << 8 | p[3]);
}

static uint32_t fold(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum + (sum >> 16)) & 0xffff;
}

/* What is the same in all probes. */
static void prepare(struct mini *m, uint8_t *p) {
  memset(p, 0, MINI_SIZE);
  p[0] = 0x45;
  put16(p + 2, MINI_SIZE);
  p[9] = IPPROTO_ICMP;
  memcpy(p + 12, &m->src, 4);
  p[20] = 8;                                         /* echo; RFC 792 */
  put16(p + 22, MINI_CHECKSUM);
  uint32_t src = ntohl(m->src);
  m->base = 0x4500 + MINI_SIZE + IPPROTO_ICMP + (src >> 16) + (src & 0xffff);
}

static void build(struct mini *m, uint8_t *p, uint32_t key) {
  uint32_t dst = m->traces[key / TTLS].dst, host = ntohl(dst);
  uint32_t ttl = key % TTLS, high = key >> 16, low = key & 0xffff;
  put16(p + 4, low);
  p[8] = (uint8_t)ttl;
  memcpy(p + 16, &dst, 4);
  put16(p + 10, ~fold(m->base + low + (ttl << 8) + (host >> 16) +
                      (host & 0xffff)));
  put16(p + 24, high);
  put16(p + 26, low);
  put16(p + 28, ~fold(0x800u + MINI_CHECKSUM + high + low));
}

static void send_next(struct mini *m, uint32_t i) {
  struct trace *t = &m->traces[i];
  m->ready[m->ready_next++ % m->ready_size] = i * TTLS + t->next++;
  t->out++;
}

/* The next target into a free place. 0: there are no more. */
static int start_trace(struct mini *m, uint32_t i) {
  char line[64];
  struct trace *t = &m->traces[i];
  t->live = 0;
  if (!m->targets || !fgets(line, sizeof line, m->targets)) {
    if (m->targets) fclose(m->targets);
    m->targets = NULL;
    return 0;
  }
  line[strcspn(line, "\n")] = 0;
  *t = (struct trace){.dst = inet_addr(line), .next = 1, .end = NONE,
                      .live = 1};
  memset(m->hops + (size_t)i * TTLS, 0, TTLS * sizeof *m->hops);
  m->live++;
  for (unsigned k = 0; k < m->window; k++) send_next(m, i);
  return 1;
}

static void finish_trace(struct mini *m, uint32_t i) {
  struct trace *t = &m->traces[i];
  for (uint32_t ttl = 1; m->out && ttl < TTLS && ttl <= t->end; ttl++) {
    struct hop *h = &m->hops[i * TTLS + ttl];
    char to[INET_ADDRSTRLEN], by[INET_ADDRSTRLEN];
    if (!h->addr) continue;
    inet_ntop(AF_INET, &t->dst, to, sizeof to);
    inet_ntop(AF_INET, &h->addr, by, sizeof by);
    fprintf(m->out, "%s %u %s %.1f\n", to, ttl, by, h->rtt / 1e3);
  }
  m->live--;
  m->finished++;
  start_trace(m, i);
}

/* A probe of trace |i| is over. */
static void settle(struct mini *m, uint32_t i) {
  struct trace *t = &m->traces[i];
  t->out--;
  if (t->end == NONE && t->next <= MAX_TTL) send_next(m, i);
  else if (t->out == 0) finish_trace(m, i);
}

static void take(void *of, const uint8_t *p, unsigned size, int64_t when) {
  struct mini *m = of;
  if (size < 28) return;
  const uint8_t *icmp = p + (p[0] & 15) * 4, *echo = icmp;
  if (icmp[0] == 11 || icmp[0] == 3) echo = icmp + 8 + (icmp[8] & 15) * 4;
  else if (icmp[0] != 0) return;
  if (echo + 8 > p + size) return;
  uint32_t key = get32(echo + 4), i = key / TTLS, ttl = key % TTLS;
  if (i >= m->inflight) return;
  struct trace *t = &m->traces[i];
  struct hop *h = &m->hops[key];
  uint32_t bit = 1u << ttl;
  if (!t->live || t->seen & bit || !h->sent) return;
  if (memcmp(echo == icmp ? p + 12 : echo - 4, &t->dst, 4)) return;
  memcpy(&h->addr, p + 12, 4);
  h->rtt = (uint32_t)(when > h->sent ? when - h->sent : 0);
  t->seen |= bit;
  m->replies++;
  if (h->addr == t->dst && ttl < t->end) t->end = (uint8_t)ttl;
  settle(m, i);
}

/* Probes that have waited long enough. A place that has been given to another
 * trace since has another time of sending. */
static void expire(struct mini *m, int64_t now) {
  while (m->wait_first != m->wait_next) {
    struct wait *w = &m->waits[m->wait_first % FIFO];
    if (w->sent + m->timeout > now) return;
    m->wait_first++;
    struct trace *t = &m->traces[w->key / TTLS];
    uint32_t bit = 1u << w->key % TTLS;
    if (!t->live || t->seen & bit || m->hops[w->key].sent != w->sent) continue;
    t->seen |= bit;
    m->timeouts++;
    settle(m, w->key / TTLS);
  }
}

/* Sends the batch; stamps interpolated over the call. */
static int flush(struct mini *m, unsigned n) {
  int64_t start = now_ns();
  int err = mini_send_batch(&m->send, n);
  int64_t took = now_ns() - start;
  for (unsigned i = 0; i < n; i++) {
    struct wait w = {start + took * (i + 1) / n, m->batch[i]};
    m->hops[w.key].sent = w.sent;
    m->waits[m->wait_next++ % FIFO] = w;
  }
  m->probes += n;
  return err;
}

/* A probe beyond a destination that has answered meanwhile need not go. */
static int dropped(struct mini *m, uint32_t key) {
  struct trace *t = &m->traces[key / TTLS];
  if (t->end == NONE || key % TTLS < t->end) return 0;
  if (--t->out == 0) finish_trace(m, key / TTLS);
  return 1;
}

static int send_all(struct mini *m, int64_t now) {
  unsigned n = 0, budget = 512;
  int err = 0;
  if (m->rate > 0) {
    m->tokens += (double)(now - m->refilled) * m->rate / 1e9;
    if (m->tokens > 2 * m->burst) m->tokens = 2 * m->burst;
    budget = (unsigned)m->tokens;
  }
  m->refilled = now;
  while (m->ready_first != m->ready_next && budget && !err) {
    if (m->wait_next - m->wait_first > FIFO - 2 * MINI_BATCH) break;
    uint32_t key = m->ready[m->ready_first++ % m->ready_size];
    if (dropped(m, key)) continue;
    build(m, mini_send_at(&m->send, n), key);
    m->batch[n++] = key;
    budget--;
    m->tokens -= 1;
    if (n == MINI_BATCH) {
      err = flush(m, n);
      n = 0;
    }
  }
  return n && !err ? flush(m, n) : err;
}

/* Sleeps until a burst may go, or a reply or a time-out is there. */
static void rest(struct mini *m, int64_t now) {
  struct pollfd p = {.fd = m->receive.fd, .events = POLLIN};
  int64_t ns = 100000000;
  int waiting = m->ready_first != m->ready_next;
  if (waiting && m->tokens >= 1 && m->tokens >= m->burst / 2.0) return;
  if (waiting)
    ns = (int64_t)(m->burst * 1e9 / m->rate);
  else if (m->wait_first != m->wait_next)
    ns = m->waits[m->wait_first % FIFO].sent + m->timeout - now;
  if (ns <= 0) return;
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  m->polls++;
  ppoll(&p, waiting && m->receive.ring ? 0 : 1, &t, NULL);
}

static int run(struct mini *m) {
  for (uint32_t i = 0; i < m->inflight && start_trace(m, i); i++) {}
  m->refilled = now_ns();
  while (m->live) {
    int64_t now = now_ns();
    int err = send_all(m, now);
    if (err < 0) return err;
    unsigned got = mini_receive_all(&m->receive, take, m);
    now = now_ns();
    expire(m, now);
    int idle = m->ready_first == m->ready_next;
    if (!got && (idle || m->rate > 0) && m->live) rest(m, now);
  }
  return 0;
}

static int own_address(const char *device, uint32_t *address) {
  struct ifreq r = {0};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  strncpy(r.ifr_name, device, IFNAMSIZ - 1);
  if (fd < 0 || ioctl(fd, SIOCGIFADDR, &r) < 0) return -errno;
  *address = ((struct sockaddr_in *)(void *)&r.ifr_addr)->sin_addr.s_addr;
  return 0;
}

static int mac(const char *text, uint8_t *out) {
  unsigned b[6];
  int n = sscanf(text, "%x:%x:%x:%x:%x:%x", b, b + 1, b + 2, b + 3, b + 4,
                 b + 5);
  for (int i = 0; i < 6 && n == 6; i++) out[i] = (uint8_t)b[i];
  return n == 6;
}

static int option(struct mini *m, uint8_t *ether, const char *word) {
  const char *value = strchr(word, '=');
  size_t name = value ? (size_t)(value++ - word) : 0;
  double v = value ? atof(value) : 0;
  if (name == 4 && !strncmp(word, "rate", name)) m->rate = v;
  else if (name == 7 && !strncmp(word, "timeout", name))
    m->timeout = (int64_t)(v * 1e6);
  else if (name == 6 && !strncmp(word, "window", name)) m->window = (unsigned)v;
  else if (name == 5 && !strncmp(word, "burst", name)) m->burst = (unsigned)v;
  else if (name == 3 && !strncmp(word, "mac", name))
    return mac(value, ether + 6);
  else if (name == 7 && !strncmp(word, "gateway", name))
    return mac(value, ether);
  else if (name == 3 && !strncmp(word, "out", name))
    return (m->out = fopen(value, "w")) != NULL;
  else return 0;
  return 1;
}

static int open_all(struct mini *m, char **argv, const uint8_t *ether) {
  int err;
  m->ready_size = 1;
  while (m->ready_size < m->inflight * (m->window + 1)) m->ready_size *= 2;
  m->traces = calloc(m->inflight, sizeof *m->traces);
  m->hops = calloc((size_t)m->inflight * TTLS, sizeof *m->hops);
  m->ready = malloc(m->ready_size * sizeof *m->ready);
  m->waits = malloc(FIFO * sizeof *m->waits);
  m->targets = fopen(argv[3], "r");
  if (!m->traces || !m->hops || !m->ready || !m->waits) return -ENOMEM;
  if (!m->targets) return -errno;
  if ((err = own_address(argv[4], &m->src)) < 0) return err;
  if ((err = mini_send_open(&m->send, argv[1], argv[4], ether)) < 0) return err;
  unsigned packets = m->send.xdp ? MINI_FRAMES : MINI_BATCH;
  for (unsigned i = 0; i < packets; i++) prepare(m, mini_send_at(&m->send, i));
  return mini_receive_open(&m->receive, argv[2], argv[4]);
}

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv) {
  static struct mini m = {.window = 1, .burst = 64, .timeout = 500000000};
  uint8_t ether[MINI_ETHER] = {[12] = 8};
  if (argc < 6 || (m.inflight = (unsigned)atoi(argv[5])) < 1) return 2;
  for (int i = 6; i < argc; i++)
    if (!option(&m, ether, argv[i])) {
      fprintf(stderr, "mini: what is %s?\n", argv[i]);
      return 2;
    }
  if (m.window < 1 || m.window > MAX_TTL || m.burst < 1) return 2;
  int err = open_all(&m, argv, ether);
  int64_t start = now_ns();
  if (!err) err = run(&m);
  double took = (double)(now_ns() - start) / 1e9;
  if (m.out && fclose(m.out) && !err) err = -EIO;
  if (err) {
    fprintf(stderr, "mini: %s\n", strerror(-err));
    return 1;
  }
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  double user = seconds(u.ru_utime), sys = seconds(u.ru_stime);
  printf("traces=%lu probes=%lu replies=%lu timeouts=%lu seconds=%.3f "
         "user=%.4f sys=%.4f us_per_probe=%.4f mean_rate=%.0f rss_kib=%ld "
         "drops=%u retries=%lu polls=%lu\n", m.finished, m.probes, m.replies,
         m.timeouts, took, user, sys, (user + sys) / (double)m.probes * 1e6,
         (double)m.probes / took, u.ru_maxrss, mini_receive_drops(&m.receive),
         m.send.retries, m.polls);
  return 0;
}
