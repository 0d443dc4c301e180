/* SPDX-License-Identifier: MIT */
#include "loop/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop/channel.h"
#include "wire/dns.h"

enum { MOST = 16, IN = 1 };            /* most records; class of the Internet */

struct query {
  struct channel_ask ask;              /* first: it leads back to the query */
  struct loop *loop;
  struct query *next;
  uint32_t cookie;
  unsigned type;         /* DNS_PTR or DNS_TXT */
  int error;             /* errno; 0: there are |count| records */
  uint32_t none_ttl;     /* s that ENOENT may be believed */
  uint32_t count;
  struct dns_record *records;
  char name[DNS_NAME];
};

static void free_query(struct query *q) {
  free(q->records);
  free(q);
}

static void append(struct query *q) {
  struct loop *l = q->loop;
  if (l->queries) l->last_query->next = q;
  else l->queries = q;
  l->last_query = q;
}

/* Reads an answer. A server that does not answer the question, or sends
 * damaged bytes, is one that fails. */
static void take(struct query *q, const uint8_t *p, int n) {
  struct dns_record found[MOST];
  int count = dns_read(p, (size_t)n, q->name, q->type, found, MOST,
                       &q->none_ttl);
  if (count > 0) {
    size_t size = (size_t)count * sizeof *found;
    q->records = malloc(size);
    if (!q->records) {
      q->error = ENOMEM;
      return;
    }
    memcpy(q->records, found, size);
    q->count = (uint32_t)count;
  } else {
    q->error = count == 0 ? ENOENT : count == -EAGAIN ? EAGAIN : EBADMSG;
  }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *p,
                      int n) {
  struct query *q = arg;
  (void)timeouts;
  if (channel_over(&q->ask)) {
    free_query(q);
    return;
  }
  if (p) take(q, p, n);
  else q->error = channel_error(status);
  append(q);
}

static void start(struct channel_ask *ask, ares_channel ares) {
  struct query *q = (struct query *)ask;
  ares_query(ares, q->name, IN, (int)q->type, on_answer, q);
}

static void drop(struct channel_ask *ask) { free_query((struct query *)ask); }

static struct query *new_query(struct loop *l, unsigned type,
                               uint32_t cookie) {
  struct query *q = calloc(1, sizeof *q);
  if (!q) return NULL;
  q->ask = (struct channel_ask){.kind = CHANNEL_QUESTIONS, .start = start,
                                .drop = drop};
  q->loop = l;
  q->type = type;
  q->cookie = cookie;
  return q;
}

/* Asks the name servers. */
static int go(struct loop *l, struct query *q) {
  int err = channel_ask(l, &q->ask);
  if (err) free_query(q);
  return err;
}

/* Takes the name that a simulated network has for |addr|, if it has one. */
static void ask_net(struct loop *l, struct query *q, const uint8_t *addr,
                    unsigned family) {
  const struct net_ops *ops = l->net->ops;
  const char *name = NULL;
  if (ops->name_of && addr) name = ops->name_of(l->net, addr, family);
  q->error = ENOENT;
  if (name && (q->records = calloc(1, sizeof *q->records))) {
    q->error = 0;
    q->count = 1;
    q->records->ttl = 3600;
    q->records->size = (uint32_t)strlen(name);
    memcpy(q->records->text, name, q->records->size);
  }
  append(q);
}

int query_reverse(struct loop *l, const uint8_t *addr, unsigned family,
                  uint32_t cookie) {
  if (family != 4 && family != 6) return -EINVAL;
  struct query *q = new_query(l, DNS_PTR, cookie);
  if (!q) return -ENOMEM;
  dns_reverse(addr, family, q->name);
  if (channel_real(l)) return go(l, q);
  ask_net(l, q, addr, family);
  return 0;
}

int query_text(struct loop *l, const char *name, uint32_t cookie) {
  size_t n = strlen(name);
  if (!n || n > 253) return -EINVAL;             /* RFC 1035 2.3.4 */
  struct query *q = new_query(l, DNS_TXT, cookie);
  if (!q) return -ENOMEM;
  memcpy(q->name, name, n + 1);
  if (channel_real(l)) return go(l, q);
  ask_net(l, q, NULL, 0);
  return 0;
}

static void report(struct loop *l, const struct query *q) {
  for (uint32_t i = 0; i < (q->count ? q->count : 1); i++) {
    struct mtr_event *ev = events_add(&l->core, MTR_EV_TEXT);
    ev->cookie = q->cookie;
    ev->error = (uint8_t)q->error;
    ev->probe = q->none_ttl;
    if (!q->count) return;
    const struct dns_record *r = &q->records[i];
    ev->ttl = (uint8_t)(q->count - 1 - i);
    ev->probe = r->ttl;
    ev->reply_size = (uint16_t)r->size;
    events_text(&l->core, ev, r->text, r->size);
  }
}

void query_report(struct loop *l) {
  struct query *q;
  while ((q = l->queries) && events_room(&l->core) > MOST &&
         events_ext_room(&l->core) > MOST) {
    report(l, q);
    l->queries = q->next;
    free_query(q);
  }
}

int query_waiting(const struct loop *l) { return l->queries != NULL; }

void query_free(struct loop *l) {
  struct query *q;
  while ((q = l->queries)) {
    l->queries = q->next;
    free_query(q);
  }
}
