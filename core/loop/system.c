/* SPDX-License-Identifier: MIT
 *
 * A question belongs to its thread and to the loop; the one that lets go of it
 * last frees it.
 */
#include "loop/system.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/thread.h"

enum { THREADS = 16, NAME = 256 };

struct question {
  struct question *next;               /* of those that the loop knows */
  pthread_mutex_t lock;                /* of the next four */
  uv_async_t *wake;      /* NULL: the loop is closed */
  int over;
  int error;
  struct addrinfo *list;
  int started;           /* 0: it waits for a thread */
  unsigned family;
  char name[NAME];
  system_done *done;
  void *data;
};

static int ask(const char *name, unsigned family, int flags,
               struct addrinfo **list) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = flags};
  hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
  *list = NULL;
  switch (getaddrinfo(name, NULL, &hints, list)) {
  case 0:
    return 0;
  case EAI_NONAME: case EAI_NODATA: case EAI_ADDRFAMILY:
    return ENOENT;
  case EAI_AGAIN:
    return EAGAIN;
  case EAI_MEMORY:
    return ENOMEM;
  default:
    return EIO;
  }
}

struct addrinfo *system_literal(const char *name, unsigned family) {
  struct addrinfo *list;
  ask(name, family, AI_NUMERICHOST, &list);
  return list;
}

static void free_question(struct question *q) {
  if (q->list) freeaddrinfo(q->list);
  pthread_mutex_destroy(&q->lock);
  free(q);
}

static void *run(void *arg) {
  struct question *q = arg;
  struct addrinfo *list;
  int error = ask(q->name, q->family, 0, &list);
  pthread_mutex_lock(&q->lock);
  q->list = list;
  q->error = error;
  q->over = 1;
  int mine = !q->wake;
  if (!mine) uv_async_send(q->wake);
  pthread_mutex_unlock(&q->lock);
  if (mine) free_question(q);
  return NULL;
}

static int start(struct question *q) {
  q->started = 1;                      /* the thread may be through at once */
  int err = thread_start(NULL, run, q);
  if (err) q->started = 0;
  return err;
}

static unsigned running(const struct loop *l) {
  unsigned n = 0;
  for (const struct question *q = l->questions; q; q = q->next)
    n += (unsigned)q->started;
  return n;
}

int system_start(struct loop *l, const char *name, unsigned family,
                 system_done *done, void *data) {
  struct question *q = calloc(1, sizeof *q), **last = &l->questions;
  if (!q) return -ENOMEM;
  pthread_mutex_init(&q->lock, NULL);
  q->wake = &l->at_once;
  q->family = family;
  q->done = done;
  q->data = data;
  snprintf(q->name, sizeof q->name, "%s", name);
  int err = running(l) < THREADS ? start(q) : 0;
  if (err) {
    free_question(q);
    return err;
  }
  while (*last) last = &(*last)->next;
  *last = q;
  return 0;
}

static int is_over(struct question *q) {
  if (!q->started) return 0;
  pthread_mutex_lock(&q->lock);
  int over = q->over;
  pthread_mutex_unlock(&q->lock);
  return over;
}

void system_run(struct loop *l) {
  struct question **at = &l->questions, *q;
  unsigned ended = 0;
  while ((q = *at)) {
    if (!is_over(q)) {
      at = &q->next;
      continue;
    }
    *at = q->next;
    q->done(q->data, q->list, q->error);
    q->list = NULL;
    free_question(q);
    ended++;
  }
  for (q = l->questions; q && ended; q = q->next) {
    if (q->started) continue;
    ended--;
    if (!start(q)) continue;
    q->started = q->over = 1;          /* the next step reports it */
    q->error = EAGAIN;
    uv_async_send(&l->at_once);
  }
}

void system_close(struct loop *l) {
  struct question *q;
  while ((q = l->questions)) {
    l->questions = q->next;
    q->done(q->data, NULL, ECANCELED);
    if (l->net->forked && q->started) continue;
    pthread_mutex_lock(&q->lock);
    q->wake = NULL;
    int mine = q->over || !q->started;
    pthread_mutex_unlock(&q->lock);
    if (mine) free_question(q);
  }
}
