/* SPDX-License-Identifier: MIT */
#include "loop/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };      /* addresses told of one name */

struct lookup {
  uv_getaddrinfo_t request;
  struct loop *loop;
  struct lookup *next;
  struct addrinfo *list;
  uint32_t cookie;
  int status;            /* 0 or UV_EAI_* */
  uint32_t count;        /* of |known|, when the transport has the names */
  struct net_route known[];
};

static void append(struct loop *l, struct lookup *k) {
  *l->answers_end = k;
  l->answers_end = &k->next;
}

static void on_answer(uv_getaddrinfo_t *request, int status,
                      struct addrinfo *list) {
  struct lookup *k = request->data;
  k->status = status;
  k->list = list;
  append(k->loop, k);
}

/* The transport has names of its own: its answer is there at once. */
static int ask_net(struct loop *l, const char *name, unsigned family,
                   uint32_t cookie) {
  struct lookup *k = calloc(1, sizeof *k + MOST * sizeof *k->known);
  if (!k) return -ENOMEM;
  k->cookie = cookie;
  k->count = l->net->ops->resolve(l->net, name, family, k->known, MOST);
  append(l, k);
  loop_arm(l);
  return 0;
}

int resolve_start(struct loop *l, const char *name, unsigned family,
                  uint32_t cookie) {
  if (l->net->ops->resolve) return ask_net(l, name, family, cookie);
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
  struct lookup *k = calloc(1, sizeof *k);
  if (!k) return -ENOMEM;
  hints.ai_family =
      family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
  k->loop = l;
  k->cookie = cookie;
  k->request.data = k;
  int err = uv_getaddrinfo(&l->uv, &k->request, on_answer, name, NULL, &hints);
  if (err) free(k);
  return err == UV_EAI_NONAME || err == UV_ENAMETOOLONG ? -EINVAL : err;
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

static struct mtr_event *event(struct loop *l, const struct lookup *k,
                               unsigned left) {
  struct mtr_event *ev = core_event(&l->core, MTR_EV_RESOLVED);
  ev->cookie = k->cookie;
  ev->ttl = (uint8_t)left;
  return ev;
}

static void tell_address(struct loop *l, const struct lookup *k,
                         const struct addrinfo *a, unsigned left) {
  struct mtr_event *ev = event(l, k, left);
  if (a->ai_family == AF_INET) {
    struct sockaddr_in in4;
    memcpy(&in4, a->ai_addr, sizeof in4);
    memcpy(ev->addr, &in4.sin_addr, 4);
    ev->family = 4;
  } else {
    struct sockaddr_in6 in6;
    memcpy(&in6, a->ai_addr, sizeof in6);
    memcpy(ev->addr, &in6.sin6_addr, 16);
    ev->family = 6;
  }
}

static int usable(const struct addrinfo *a) {
  return a->ai_family == AF_INET || a->ai_family == AF_INET6;
}

void resolve_tell(struct loop *l) {
  struct lookup *k;
  while ((k = l->answers) && core_room(&l->core) > MOST) {
    unsigned left = k->count;
    for (const struct addrinfo *a = k->list; a && left < MOST; a = a->ai_next)
      left += (unsigned)usable(a);
    if (!left) event(l, k, 0)->error = (uint8_t)error_of(k->status);
    for (uint32_t i = 0; i < k->count; i++) {
      struct mtr_event *ev = event(l, k, --left);
      memcpy(ev->addr, k->known[i].dst, sizeof ev->addr);
      ev->family = k->known[i].family;
    }
    for (const struct addrinfo *a = k->list; a && left; a = a->ai_next)
      if (usable(a)) tell_address(l, k, a, --left);
    l->answers = k->next;
    if (!l->answers) l->answers_end = &l->answers;
    uv_freeaddrinfo(k->list);
    free(k);
  }
}

void resolve_free(struct loop *l) {
  struct lookup *k;
  while ((k = l->answers)) {
    l->answers = k->next;
    uv_freeaddrinfo(k->list);
    free(k);
  }
}
