/* SPDX-License-Identifier: MIT
 *
 * helped.c: fuzz target of what mtr-sockets says to an engine. An input is a
 * list of messages: two bytes with the size, the lower one first, whose highest
 * bit says which way it comes, then the message. Those without that bit are
 * answers: the first one to HELLO, the others to questions to send. The others
 * are packets that have come. All are written before the engine reads them, and
 * then both ways are closed, so nothing waits.
 */
#include "net/raw/helped.h"
#include "net/raw/raw.h"
#include "target.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROBES = 3, ROUNDS = 64, HEARD = 0x8000, EARLY = 1000 };

static volatile uint32_t touched;      /* keeps reads from being left out */

static int64_t clock_now(void) { return EARLY; }

/* Writes the messages to the other ends of the two ways. */
static void say(const uint8_t *data, size_t n, int answers, int packets) {
  while (n >= 2) {
    unsigned head = data[0] + data[1] * 256u, size = head & (HEARD - 1u);
    data += 2;
    n -= 2;
    if (size > n) size = (unsigned)n;
    send(head & HEARD ? packets : answers, data, size,
         MSG_DONTWAIT | MSG_NOSIGNAL);
    data += size;
    n -= size;
  }
}

static void ask_to_send(struct net *net) {
  struct wire_probe v[PROBES] = {
      {.family = 4, .protocol = WIRE_ICMP, .ttl = 1, .id = 1, .size = 60},
      {.family = 4, .protocol = WIRE_UDP, .ttl = 2, .id = 2, .size = 3000},
      {.family = 6, .protocol = WIRE_TCP, .ttl = 3, .id = 3, .size = 80}};
  struct net_sent sent[PROBES];
  for (int i = 0; i < PROBES; i++) {
    uint8_t *to = v[i].dst;
    v[i].timeout_ms = 1000;
    if (v[i].family == 4) to[0] = 127, to[3] = 1;
    else to[15] = 1;
    memcpy(v[i].src, to, sizeof v[i].src);
  }
  must(net->ops->send(net, v, PROBES, sent) <= PROBES);
}

static void read_all(struct net *net) {
  struct wire_reply v[RAW_BATCH];
  const struct net_clock when = {.now = EARLY, .offset = 500};
  int more = 1;
  for (int i = 0; i < ROUNDS && more; i++) {
    uint32_t n = net->ops->receive(net, 0, v, RAW_BATCH, &when, &more);
    must(n <= RAW_BATCH);
    for (uint32_t k = 0; k < n; k++) {
      must(v[k].kind > WIRE_NONE && v[k].kind < WIRE_ERROR);
      must(!v[k].kernel_time || v[k].at <= EARLY);
      for (unsigned b = 0; b < v[k].ext_size; b++) touched += v[k].ext[b];
    }
  }
  must(net->unheard <= EARLY);
  net->ops->deadline(net);
}

static int pairs(int ask[2], int hear[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ask) ||
         socketpair(AF_UNIX, SOCK_SEQPACKET, 0, hear);
}

/* Returns a transport that has been opened properly: to open one for each input
 * takes long. */
static struct raw *transport(void) {
  static const struct message_answer hello = {.have = 0xff};
  static struct net *net;
  struct helped *helped = NULL;
  int ask[2], hear[2];
  int32_t none[RAW_SOCKETS];
  if (net) return (struct raw *)net;
  memset(none, -1, sizeof none);
  must(!pairs(ask, hear) && !helped_over(&helped, ask[0], hear[0]));
  must(send(ask[1], &hello, sizeof hello, 0) == sizeof hello);
  must(!raw_open(&net, none, helped, 1, 1));
  helped_end(helped);
  net->now = clock_now;
  return (struct raw *)net;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct raw *raw = transport();
  int ask[2], hear[2];
  must(!pairs(ask, hear) && !helped_over(&raw->helped, ask[0], hear[0]));
  say(data, n, ask[1], hear[1]);
  shutdown(ask[1], SHUT_WR);
  shutdown(hear[1], SHUT_WR);
  raw->net.broken = 0;
  raw->net.unheard = raw->again = raw->refused = 0;
  if (!helped_hello(raw->helped, &raw->filter, &raw->ports)) {
    ask_to_send(&raw->net);
    read_all(&raw->net);
  }
  helped_end(raw->helped);
  close(ask[1]);
  close(hear[1]);
  return 0;
}
