/* SPDX-License-Identifier: MIT
 *
 * uv ADDRESS...: traces many addresses at once inside a libuv loop that has
 * other work too: here a timer, which gives up after ten seconds. The engine is
 * one descriptor for the loop. It needs CAP_NET_RAW, or the program mtr-packet.
 *
 *   cc -o uv uv.c $(pkg-config --cflags --libs mtr libuv)
 */
#define _GNU_SOURCE 1                  /* for uv.h with -std=c99 */
#include <mtr.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

enum { LIMIT_MS = 10000 };

struct app {
  struct mtr *engine;
  char **targets;
  int running;           /* traces that have not ended */
  uv_poll_t poll;
  uv_timer_t limit;
};

static void fail(const char *what, int err, const char *why) {
  fprintf(stderr, "uv: %s: %s %s\n", what, mtr_errname(err), why);
  exit(EXIT_FAILURE);
}

/* Starts a trace of target |i|. One that cannot start does not stop others. */
static void start(struct app *a, int i) {
  struct mtr_trace t;
  mtr_trace_defaults(&t);
  int family = mtr_address(a->targets[i], t.dst, &t.interface);
  t.family = (uint8_t)family;
  t.cookie = (uint32_t)i;              /* comes back in its events */
  int err = family < 0 ? family : mtr_start(a->engine, &t, 1);
  if (err == 1) a->running++;
  else fprintf(stderr, "uv: %s: %s %s\n", a->targets[i], mtr_errname(err),
               mtr_why(a->engine));
}

static void ended(struct app *a, const struct mtr_event *e) {
  printf("%s %s after %d hops, %.0f probes\n", a->targets[e->cookie],
         mtr_stop_name(e->stop), e->ttl, (double)e->probe);
  mtr_release(a->engine, e->trace);
  a->running--;
}

/* Closes what is in the loop, before the engine; then uv_run ends. */
static void stop(struct app *a) {
  uv_close((uv_handle_t *)&a->poll, NULL);
  uv_close((uv_handle_t *)&a->limit, NULL);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  struct app *a = (struct app *)poll->data;
  (void)status;
  (void)events;
  int n = mtr_step(a->engine);         /* what is left keeps it readable */
  if (n < 0) fail("step", n, mtr_why(a->engine));
  for (const struct mtr_event *e = mtr_events(a->engine); n > 0; n--, e++)
    if (e->kind == MTR_EV_DONE) ended(a, e);
  if (!a->running) stop(a);
}

static void on_limit(uv_timer_t *limit) {
  struct app *a = (struct app *)limit->data;
  for (int i = 0; a->targets[i]; i++)
    mtr_stop_all(a->engine, (uint32_t)i, MTR_STOP_HALTED);
}

int main(int argc, char **argv) {
  struct app a;
  struct mtr_config config;
  char why[512];
  uv_loop_t loop;
  a.targets = argv + 1;
  a.running = 0;
  mtr_defaults(&config);
  int err = mtr_open(&config, &a.engine, why, sizeof why);
  if (err < 0) fail("cannot open an engine", err, why);
  mtr_hold(a.engine);                  /* wakes up once for all starts */
  for (int i = 0; i < argc - 1; i++) start(&a, i);
  mtr_flush(a.engine);
  uv_loop_init(&loop);
  uv_poll_init(&loop, &a.poll, mtr_fd(a.engine));
  uv_timer_init(&loop, &a.limit);
  a.poll.data = a.limit.data = &a;
  uv_poll_start(&a.poll, UV_READABLE, on_readable);
  uv_timer_start(&a.limit, on_limit, LIMIT_MS, 0);
  if (!a.running) stop(&a);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  mtr_close(a.engine, NULL);
}
