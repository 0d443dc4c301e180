/* SPDX-License-Identifier: MIT
 *
 * netlink.c: fuzz target of what the kernel says of routes and links. The first
 * byte of an input says whether the rest is announcements or the answer to a
 * question, whose number the messages then get, so that the fuzzer gets past
 * it. They come through a pair of sockets, as from the kernel. What each
 * message is said to hold is held against the promises of net/host/netlink.h.
 */
#include "net/host/netlink.h"
#include "target.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile uint32_t touched;      /* keeps reads from being left out */

static int take(void *arg, const struct netlink_message *m) {
  const struct netlink *n = arg;
  uint8_t out[16];
  const uint8_t *end = n->room + NETLINK_ROOM, *body = m->body;
  must(body >= n->room && body + 8 <= end);
  touched = body[7];
  for (unsigned i = 0; i < NETLINK_ATTRIBUTES; i++) {
    const uint8_t *a = (const void *)m->attribute[i];
    uint32_t value = netlink_u32(m, i, 77);
    size_t size = netlink_bytes(m, i, out, sizeof out);
    must(a || (value == 77 && !size));
    must(!a || (a > body && a + 4 + size <= end));
    for (size_t k = 0; a && k < size; k++) touched += a[4 + k];
  }
  return 0;
}

/* Gives all messages the number |sequence|. */
static void number(uint8_t *p, size_t n, uint32_t sequence) {
  while (n >= sizeof(struct nlmsghdr)) {
    struct nlmsghdr head;
    memcpy(&head, p, sizeof head);
    head.nlmsg_seq = sequence;
    memcpy(p, &head, sizeof head);
    size_t step = NLMSG_ALIGN((size_t)head.nlmsg_len);
    if (step < sizeof head || step > n) return;
    p += step;
    n -= step;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct netlink l = {.fd = -1};
  int pair[2];
  if (n < 2 || n > NETLINK_ROOM ||
      socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
    return 0;
  int asks = *data & 1;
  uint8_t *copy = malloc(--n);
  l.room = malloc(NETLINK_ROOM);
  l.fd = pair[0];
  if (copy && l.room) {
    memcpy(copy, data + 1, n);
    if (asks) number(copy, n, 1);
    if (send(pair[1], copy, n, MSG_DONTWAIT) == (ssize_t)n) {
      struct netlink_question q;
      struct rtmsg about = {.rtm_family = AF_INET};
      netlink_question(&q, RTM_GETROUTE, NLM_F_DUMP, &about, sizeof about);
      must(asks ? netlink_ask(&l, &q, take, &l) <= 0
                : netlink_hear(&l, take, &l) <= 0);
    }
  }
  netlink_close(&l);
  close(pair[1]);
  free(copy);
  return 0;
}
