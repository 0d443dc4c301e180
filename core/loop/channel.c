/* SPDX-License-Identifier: MIT
 *
 * c-ares says which sockets it wants to read or write, and gets its time-outs
 * from us. All its calls are made in steps of the loop, or when a lookup
 * starts. If the files of the system change, channels with lookups under way
 * go on, and new ones are opened for the next lookups.
 */
#include "loop/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/clock.h"
#include "loop/poll.h"
#include "loop/resolv_conf.h"
#include "net/host/nameserver.h"

enum {
  LOAD = 64,             /* lookups of one channel */
  MOST = 16,             /* channels of each kind */
  QUICK_MS = 3000,       /* until a question is given up */
  QUICK_ATTEMPTS = 2,
  LOOK_NS = 1000000000   /* between two looks at the files of the system */
};

struct port {            /* a socket of a channel */
  uv_poll_t poll;
  struct channel *channel;             /* NULL: it is closed */
  struct port *next;
  ares_socket_t fd;
  int events;
};

struct channel {
  struct channel *next;
  struct channels *all;
  ares_channel ares;
  struct port *ports;
  uint32_t busy;         /* lookups under way */
  enum channel_kind kind;
  int retired;           /* 1: takes no more lookups */
  int64_t due;           /* ns; when c-ares must be called again */
};

struct channels {
  struct loop *loop;
  struct channel *list;
  struct queue {
    struct channel_ask *first, **last;
  } waiting[CHANNEL_KINDS];
  struct mtr_dns config;
  struct resolv_conf system;
  int64_t looked;        /* ns; when its stamp was compared */
  int64_t due;           /* ns; of all channels */
  int fresh;             /* 1: the kernel does not yet know what to watch */
  int room;              /* 1: lookups that wait may find room now */
  int closing;
};

static struct channels *channels_of(struct loop *l) {
  if (l->channels) return l->channels;
  struct channels *all = calloc(1, sizeof *all);
  if (!all) return NULL;
  all->loop = l;
  for (int i = 0; i < CHANNEL_KINDS; i++)
    all->waiting[i].last = &all->waiting[i].first;
  all->due = INT64_MAX;
  resolv_conf_read(&all->system);
  all->looked = clock_system();
  return l->channels = all;
}

static void on_close(uv_handle_t *h) { free(h->data); }

static void end_port(struct channel *c, struct port *s) {
  struct port **at = &c->ports;
  while (*at != s) at = &(*at)->next;
  *at = s->next;
  s->channel = NULL;
  uv_close((uv_handle_t *)&s->poll, on_close);
}

static void on_ready(uv_poll_t *p, int status, int events);

/* If it cannot be watched, the lookups of |s| will time out. */
static void listen_to(struct channel *c, struct port *s) {
  poll_start(&s->poll, s->events, on_ready);
  c->all->fresh = 1;
}

/* What c-ares calls when it wants to know other things of a socket. */
static void on_state(void *data, ares_socket_t fd, int reads, int writes) {
  struct channel *c = data;
  struct port *s = c->ports;
  while (s && s->fd != fd) s = s->next;
  if (!reads && !writes) {
    if (s) end_port(c, s);
    return;
  }
  if (!s) {
    if (!(s = calloc(1, sizeof *s))) return;   /* its lookups will time out */
    s->fd = fd;
    s->poll.data = s;
    if (poll_open(&c->all->loop->uv, &s->poll, fd)) {
      free(s);
      return;
    }
    s->channel = c;
    s->next = c->ports;
    c->ports = s;
  }
  s->events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);
  listen_to(c, s);
}

/* Notes when c-ares must be called again for |c|. */
static void plan(struct channel *c) {
  struct channels *all = c->all;
  struct timeval t, *left = ares_timeout(c->ares, NULL, &t);
  c->due = INT64_MAX;
  if (left)
    c->due = clock_system() + left->tv_sec * 1000000000ll +
             left->tv_usec * 1000ll + 1000;
  all->due = INT64_MAX;
  for (const struct channel *i = all->list; i; i = i->next)
    if (i->due < all->due) all->due = i->due;
}

static void on_ready(uv_poll_t *p, int status, int events) {
  struct port *s = p->data;
  struct channel *c = s->channel;
  if (!c) return;
  int read = status || (events & UV_READABLE);
  int write = status || (events & UV_WRITABLE);
  ares_process_fd(c->ares, read ? s->fd : ARES_SOCKET_BAD,
                  write ? s->fd : ARES_SOCKET_BAD);
  /* After an error libuv watches it no more. */
  if (status && s->channel) listen_to(c, s);
  plan(c);
}

/* Returns how many servers are asked. */
static uint32_t servers_of(const struct channels *all) {
  uint32_t n = 1;
  if (!all->config.servers[0]) return all->system.servers;
  for (const char *p = all->config.servers; *p; p++) n += *p == ',';
  return n;
}

/* Sets the time-outs: c-ares doubles them in each attempt. */
static void set_patience(const struct channels *all, enum channel_kind kind,
                         struct ares_options *o) {
  const struct mtr_dns *config = &all->config;
  uint32_t servers = servers_of(all);
  int names = kind == CHANNEL_NAMES;
  uint32_t attempts = config->attempts   ? config->attempts
                      : names            ? all->system.attempts
                                         : QUICK_ATTEMPTS;
  double ms = config->timeout > 0 ? config->timeout
              : names ? 1e3 * all->system.timeout * attempts * servers
                      : QUICK_MS;
  double first = ms / servers / ((1 << attempts) - 1);
  o->timeout = first < 1 ? 1 : (int)first;
  o->tries = (int)attempts;
}

static int open_channel(struct channels *all, enum channel_kind kind,
                        struct channel **out) {
  struct channel *c = calloc(1, sizeof *c);
  if (!c) return -ENOMEM;
  struct ares_options o = {.sock_state_cb = on_state, .sock_state_cb_data = c};
  int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_LOOKUPS;
  c->all = all;
  c->kind = kind;
  c->due = INT64_MAX;
  o.lookups = all->config.servers[0] ? (char[]){"fb"} : all->system.order;
  set_patience(all, kind, &o);
  int status = ares_init_options(&c->ares, &o, mask);
  if (status) {
    free(c);
    return -channel_error(status);
  }
  ares_set_socket_functions(c->ares, &nameserver_sockets, NULL);
  if (all->config.servers[0] &&
      (status = ares_set_servers_ports_csv(c->ares, all->config.servers))) {
    ares_destroy(c->ares);
    free(c);
    return status == ARES_ENOMEM ? -ENOMEM : -EINVAL;
  }
  c->next = all->list;
  all->list = c;
  *out = c;
  return 0;
}

static void free_channel(struct channels *all, struct channel *c) {
  struct channel **at = &all->list;
  while (*at != c) at = &(*at)->next;
  *at = c->next;
  ares_destroy(c->ares);
  while (c->ports) end_port(c, c->ports);
  free(c);
}

/* Lets no lookup use the channels that are open; those without any end. */
static void retire(struct channels *all) {
  struct channel *next;
  for (struct channel *c = all->list; c; c = next) {
    next = c->next;
    c->retired = 1;
    if (!c->busy) free_channel(all, c);
  }
}

/* Reads the files of the system again if they have changed. */
static void look(struct channels *all) {
  int64_t now = clock_system();
  if (now - all->looked < LOOK_NS) return;
  all->looked = now;
  if (resolv_conf_stamp() == all->system.stamp) return;
  resolv_conf_read(&all->system);
  retire(all);
}

/* Returns a channel with room, in |*out|. -EBUSY: there is no room now. */
static int find(struct channels *all, enum channel_kind kind,
                struct channel **out) {
  unsigned open = 0;
  look(all);
  for (struct channel *c = all->list; c; c = c->next) {
    if (c->kind != kind || c->retired) continue;
    open++;
    *out = c;
    if (c->busy < LOAD) return 0;
  }
  return open < MOST ? open_channel(all, kind, out) : -EBUSY;
}

/* Lets libuv pass to the kernel what to watch, which it does when it runs: a
 * host may wait for the descriptor before the next step. If more changes after
 * that, a step is due at once. */
static void watch_fresh(struct channels *all) {
  if (!all->fresh) return;
  all->fresh = 0;
  uv_run(&all->loop->uv, UV_RUN_NOWAIT);
}

static void begin(struct channel *c, struct channel_ask *ask) {
  ask->channel = c;
  c->busy++;
  ask->start(ask, c->ares);
  plan(c);
}

int channel_ask(struct loop *l, struct channel_ask *ask) {
  struct channels *all = channels_of(l);
  struct channel *c = NULL;
  if (!all) return -ENOMEM;
  ask->next = NULL;
  ask->channel = NULL;
  struct queue *q = &all->waiting[ask->kind];
  int err = q->first ? -EBUSY : find(all, ask->kind, &c);
  if (err == -EBUSY) {
    *q->last = ask;
    q->last = &ask->next;
    return 0;
  }
  if (err) return err;
  begin(c, ask);
  watch_fresh(all);
  return 0;
}

int channel_over(struct channel_ask *ask) {
  struct channel *c = ask->channel;
  c->busy--;
  c->all->room = 1;
  return c->all->closing;
}

int channel_error(int status) {
  switch (status) {
  case ARES_SUCCESS:
    return 0;
  case ARES_ENODATA: case ARES_ENOTFOUND: case ARES_ENONAME:
  case ARES_EBADNAME:
    return ENOENT;
  case ARES_ETIMEOUT: case ARES_ECONNREFUSED: case ARES_ESERVFAIL:
  case ARES_EREFUSED: case ARES_ENOTIMP:
    return EAGAIN;
  case ARES_ENOMEM:
    return ENOMEM;
  default:
    return EIO;
  }
}

int channel_others(struct loop *l) {
  struct channels *all = channels_of(l);
  if (!all) return 0;
  look(all);
  return all->system.others && !all->config.servers[0];
}

int channel_config(struct loop *l, const struct mtr_dns *config) {
  struct channels *all = channels_of(l);
  struct channel *c;
  if (!all) return -ENOMEM;
  if (!memchr(config->servers, 0, sizeof config->servers) ||
      !(config->timeout >= 0 && config->timeout <= 3600000) ||
      config->attempts > 10)
    return -EINVAL;
  struct mtr_dns before = all->config;
  retire(all);
  all->config = *config;
  int err = open_channel(all, CHANNEL_QUESTIONS, &c);   /* checks servers */
  if (err) all->config = before;
  return err;
}

int channel_real(const struct loop *l) {
  const struct net_ops *ops = l->net->ops;
  return !ops->resolve || (l->net->virtual && !ops->tick && l->channels &&
                           l->channels->config.real);
}

int64_t channel_deadline(const struct loop *l) {
  const struct channels *all = l->channels;
  if (!all) return INT64_MAX;
  if (all->fresh) return 0;
  for (int i = 0; all->room && i < CHANNEL_KINDS; i++)
    if (all->waiting[i].first) return 0;
  return all->due;
}

/* Starts lookups that waited. If no channel can be opened, they go on waiting;
 * some lookup of theirs is under way, and its end is the next try. */
static void feed(struct channels *all) {
  struct channel *c;
  all->room = 0;
  for (int i = 0; i < CHANNEL_KINDS; i++) {
    struct queue *q = &all->waiting[i];
    struct channel_ask *ask;
    while ((ask = q->first) && !find(all, ask->kind, &c)) {
      q->first = ask->next;
      if (!q->first) q->last = &q->first;
      begin(c, ask);
    }
  }
}

void channel_run(struct loop *l) {
  struct channels *all = l->channels;
  struct channel *next;
  if (!all || (all->due == INT64_MAX && !all->room && !all->fresh)) return;
  int64_t now = clock_system();
  for (struct channel *c = all->list; c; c = next) {
    next = c->next;
    if (c->due <= now) {
      ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      plan(c);
    }
    if (c->retired && !c->busy) free_channel(all, c);
  }
  if (all->room) feed(all);
  watch_fresh(all);
}

void channel_close(struct loop *l) {
  struct channels *all = l->channels;
  if (!all) return;
  all->closing = 1;
  for (int i = 0; i < CHANNEL_KINDS; i++) {
    struct channel_ask *ask;
    while ((ask = all->waiting[i].first)) {
      all->waiting[i].first = ask->next;
      ask->drop(ask);
    }
  }
  while (all->list) free_channel(all, all->list);
  l->channels = NULL;
  free(all);
}
