/* SPDX-License-Identifier: MIT */
#include "loop/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loop/channel.h"
#include "loop/clock.h"
#include "loop/idna.h"
#include "loop/system.h"
#include "wire/ip.h"

enum { MOST = 64, NAME = 256 };        /* most addresses; bytes of a name */

struct lookup {
  struct channel_ask ask;              /* first: it leads back to the lookup */
  struct loop *loop;
  struct lookup *next;
  int64_t at;            /* ns; when to report it */
  uint32_t cookie;
  uint32_t family;
  int error;             /* errno; 0: there are |count| addresses */
  int unmapped;          /* 1: letters outside ASCII were not converted */
  int real;              /* 1: the transport neither answers nor records it */
  uint32_t count;
  struct net_route known[MOST];        /* |dst|, |family|, |interface| */
  char name[NAME];
  char ascii[NAME];      /* the name as it is asked for */
};

/* Queues |k| behind all answers that are reported before it. */
static void append(struct loop *l, struct lookup *k) {
  struct lookup **p = &l->answers;
  while (*p && (*p)->at <= k->at) p = &(*p)->next;
  k->next = *p;
  *p = k;
}

static void add_address(struct lookup *k, const void *addr, unsigned family,
                        uint32_t zone) {
  struct net_route *r = &k->known[k->count];
  if (k->family && k->family != family) return;
  memcpy(r->dst, addr, family == 4 ? 4 : 16);
  r->family = (uint8_t)family;
  r->interface = zone;
  k->count++;
}

static void take_address(struct lookup *k, int family,
                         const struct sockaddr *a) {
  if (k->count == MOST) return;
  if (family == AF_INET) {
    struct sockaddr_in in4;
    memcpy(&in4, a, sizeof in4);
    add_address(k, &in4.sin_addr, 4, 0);
  } else if (family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, a, sizeof in6);
    const uint8_t *addr = in6.sin6_addr.s6_addr;
    if (ip_mapped(addr)) add_address(k, addr + 12, 4, 0);
    else add_address(k, addr, 6, in6.sin6_scope_id);
  }
}

/* Ends a lookup: without addresses with |error|, or ENOENT. */
static void end(struct lookup *k, int error) {
  if (!k->count) k->error = error ? error : ENOENT;
  if (k->error == ENOENT && k->unmapped) k->error = ELIBACC;
  append(k->loop, k);
}

static void take_list(struct lookup *k, struct addrinfo *list) {
  for (const struct addrinfo *a = list; a; a = a->ai_next)
    take_address(k, a->ai_family, a->ai_addr);
  freeaddrinfo(list);
}

static void on_system(void *data, struct addrinfo *list, int error) {
  struct lookup *k = data;
  if (list) take_list(k, list);
  end(k, error);
}

static int ask_system(struct lookup *k) {
  return system_start(k->loop, k->ascii, k->family, on_system, k);
}

static void on_answer(void *arg, int status, int timeouts,
                      struct ares_addrinfo *list) {
  struct lookup *k = arg;
  (void)timeouts;
  if (channel_over(&k->ask)) {
    ares_freeaddrinfo(list);
    free(k);
    return;
  }
  for (const struct ares_addrinfo_node *a = list ? list->nodes : NULL; a;
       a = a->ai_next)
    take_address(k, a->ai_family, a->ai_addr);
  ares_freeaddrinfo(list);
  int error = channel_error(status);
  if (!k->count && error == ENOENT && channel_others(k->loop) &&
      !ask_system(k))
    return;
  end(k, error);
}

static void start(struct channel_ask *ask, ares_channel ares) {
  struct lookup *k = (struct lookup *)ask;
  struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_DGRAM};
  hints.ai_family = k->family == 4   ? AF_INET
                    : k->family == 6 ? AF_INET6 : AF_UNSPEC;
  ares_getaddrinfo(ares, k->ascii, NULL, &hints, on_answer, k);
}

static void drop(struct channel_ask *ask) { free((struct lookup *)ask); }

/* Whether others than the DNS know |name|, or know it first: names without a
 * dot, and those of mDNS (RFC 6762 3). */
static int is_local(const char *name) {
  const char *dot = strrchr(name, '.');
  return !dot || !strcasecmp(dot, ".local");
}

static int ask_real(struct loop *l, struct lookup *k) {
  int err = idna_ascii(k->name, k->ascii, sizeof k->ascii);
  if (err && err != -ELIBACC) return err;
  k->unmapped = err != 0;
  if (err) strcpy(k->ascii, k->name);
  if (!k->name[0]) return -EINVAL;
  struct addrinfo *literal = system_literal(k->ascii, 0);
  if (literal) {
    take_list(k, literal);
    end(k, 0);
    return 0;
  }
  if (is_local(k->ascii) && channel_others(l)) return ask_system(k);
  k->ask = (struct channel_ask){.kind = CHANNEL_NAMES, .start = start,
                                .drop = drop};
  return channel_ask(l, &k->ask);
}

/* Asks the transport, which knows names itself. */
static void ask_net(struct loop *l, struct lookup *k) {
  struct net *net = l->net;
  int n = net->ops->resolve(net, k->name, k->family, k->known, MOST);
  k->count = n > 0 ? (uint32_t)n : 0;
  k->error = n > 0 ? 0 : n ? -n : ENOENT;
  k->at = k->known[0].now;
  append(l, k);
}

int resolve_start(struct loop *l, const char *name, unsigned family,
                  uint32_t cookie) {
  if (strlen(name) >= NAME) return -EINVAL;          /* RFC 1035 2.3.4 */
  struct lookup *k = calloc(1, sizeof *k);
  if (!k) return -ENOMEM;
  k->loop = l;
  k->cookie = cookie;
  k->family = family & ~(unsigned)MTR_RESOLVE_REAL;
  k->real = (family & MTR_RESOLVE_REAL) != 0;
  snprintf(k->name, sizeof k->name, "%s", name);
  int err = 0;
  if (l->net->ops->resolve && !k->real) ask_net(l, k);
  else err = ask_real(l, k);
  if (err) free(k);
  return err;
}

int64_t resolve_deadline(const struct loop *l) {
  return l->answers ? l->answers->at : INT64_MAX;
}

static void report(struct loop *l, const struct lookup *k) {
  for (uint32_t i = 0; i < (k->count ? k->count : 1); i++) {
    struct mtr_event *ev = events_add(&l->core, MTR_EV_RESOLVED);
    ev->cookie = k->cookie;
    ev->ttl = (uint8_t)(k->count ? k->count - 1 - i : 0);
    ev->error = (uint8_t)k->error;
    ev->family = k->known[i].family;
    ev->probe = k->known[i].interface;
    memcpy(ev->addr, k->known[i].dst, sizeof ev->addr);
  }
}

void resolve_report(struct loop *l) {
  struct lookup *k;
  while ((k = l->answers) && k->at <= clock_now(l) &&
         events_room(&l->core) > MOST) {
    const struct net_ops *ops = l->net->ops;
    report(l, k);
    if (ops->resolved && !k->real)
      ops->resolved(l->net, k->name, k->family, k->known, k->count, k->error);
    l->answers = k->next;
    free(k);
  }
}

void resolve_free(struct loop *l) {
  struct lookup *k;
  while ((k = l->answers)) {
    l->answers = k->next;
    free(k);
  }
}
