/* SPDX-License-Identifier: MIT
 *
 * trace ADDRESS: prints the hops on the way to an address, one after the other,
 * and why the trace ended. It needs CAP_NET_RAW, or the program mtr-packet.
 *
 *   cc -o trace trace.c $(pkg-config --cflags --libs mtr)
 */
#include <mtr.h>
#include <stdio.h>

static void print(const struct mtr_event *e) {
  char addr[46] = "*";
  if (e->family) mtr_address_text(e->addr, e->family, addr);
  if (e->kind == MTR_EV_DONE) printf("%s\n", mtr_stop_name(e->stop));
  else if (e->family) printf("%2d  %s  %.3f ms\n", e->ttl, addr, e->rtt);
  else printf("%2d  %s\n", e->ttl, addr);
}

static int fail(int err, const char *why) {
  fprintf(stderr, "trace: %s %s\n", mtr_errname(err), why);
  return 1;
}

int main(int argc, char **argv) {
  struct mtr_config config;
  struct mtr_trace trace;
  struct mtr *engine;
  char why[512];
  mtr_defaults(&config);
  mtr_trace_defaults(&trace);
  int err = mtr_address(argc > 1 ? argv[1] : "", trace.dst, &trace.interface);
  if (err < 0) return fail(err, "usage: trace ADDRESS");
  trace.family = (uint8_t)err;
  trace.want = MTR_WANT_HOP;
  err = mtr_open(&config, &engine, why, sizeof why);
  if (err < 0) return fail(err, why);
  err = mtr_start(engine, &trace, 1);
  if (err < 0) return fail(err, mtr_why(engine));
  for (int kind = 0; kind != MTR_EV_DONE;) {
    mtr_wait(&engine, 1, -1, -1);      /* sleeps until a step has work */
    int n = mtr_step(engine);
    for (const struct mtr_event *e = mtr_events(engine); n > 0; n--, e++) {
      kind = e->kind;
      print(e);
    }
  }
  mtr_close(engine, NULL);             /* frees the trace too */
}
