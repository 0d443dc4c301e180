/* SPDX-License-Identifier: MIT */
#include "loop/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/clock.h"
#include "loop/idna.h"
#include "wire/ip.h"

enum { MOST = 64, NAME = 256 };        /* most addresses; bytes of a name */

struct lookup {
  uv_getaddrinfo_t request;
  struct loop *loop;
  struct lookup *next;
  int64_t at;            /* ns; when to report it */
  uint32_t cookie;
  uint32_t family;
  int error;             /* errno; 0: there are |count| addresses */
  int unmapped;          /* 1: letters outside ASCII were not converted */
  uint32_t count;
  struct net_route known[MOST];        /* |dst|, |family|, |interface| */
  char name[NAME];
};

/* Queues |k| behind all answers that are reported before it. */
static void append(struct loop *l, struct lookup *k) {
  struct lookup **p = &l->answers;
  while (*p && (*p)->at <= k->at) p = &(*p)->next;
  k->next = *p;
  *p = k;
}

static int error_of(int status) {
  switch (status) {
  case 0: case UV_EAI_NONAME: case UV_EAI_NODATA: case UV_EAI_ADDRFAMILY:
    return ENOENT;
  case UV_EAI_AGAIN:
    return EAGAIN;
  case UV_EAI_CANCELED:
    return ECANCELED;
  default:
    return EIO;
  }
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

static void take_address(struct lookup *k, const struct addrinfo *a) {
  if (a->ai_family == AF_INET) {
    struct sockaddr_in in4;
    memcpy(&in4, a->ai_addr, sizeof in4);
    add_address(k, &in4.sin_addr, 4, 0);
  } else if (a->ai_family == AF_INET6) {
    struct sockaddr_in6 in6;
    memcpy(&in6, a->ai_addr, sizeof in6);
    const uint8_t *addr = in6.sin6_addr.s6_addr;
    if (ip_mapped(addr)) add_address(k, addr + 12, 4, 0);
    else add_address(k, addr, 6, in6.sin6_scope_id);
  }
}

static void on_answer(uv_getaddrinfo_t *request, int status,
                      struct addrinfo *list) {
  struct lookup *k = request->data;
  for (const struct addrinfo *a = list; a && k->count < MOST; a = a->ai_next)
    take_address(k, a);
  if (!k->count) k->error = error_of(status);
  if (k->error == ENOENT && k->unmapped) k->error = ELIBACC;
  uv_freeaddrinfo(list);
  append(k->loop, k);
}

static int ask_system(struct loop *l, struct lookup *k) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
  hints.ai_family = k->family == 4   ? AF_INET
                    : k->family == 6 ? AF_INET6 : AF_UNSPEC;
  char ascii[NAME];
  int err = idna_ascii(k->name, ascii, sizeof ascii);
  if (err && err != -ELIBACC) return err;
  k->unmapped = err != 0;
  k->request.data = k;
  l->threaded = 1;
  err = uv_getaddrinfo(&l->uv, &k->request, on_answer,
                       k->unmapped ? k->name : ascii, NULL, &hints);
  return err == UV_EAI_NONAME || err == UV_ENAMETOOLONG ? -EINVAL : err;
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
  k->family = family;
  snprintf(k->name, sizeof k->name, "%s", name);
  int err = 0;
  if (l->net->ops->resolve) ask_net(l, k);
  else err = ask_system(l, k);
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
    if (ops->resolved)
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
