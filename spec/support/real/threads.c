/* SPDX-License-Identifier: MIT
 *
 * threads WHERE: runs four engines in four threads at once, for the thread
 * sanitizer. WHERE is "sim": all over one simulated network, whose maker frees
 * it while they work; or "raw": each on loopback, with names, timers and files
 * beside the traces. Prints how many traces each thread has completed.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mtr.h"

enum { THREADS = 4, ROUNDS = 5, TRACES = 40, ROUTERS = 5 };

struct job {
  struct mtr_sim *sim;   /* NULL: raw sockets on loopback */
  int number, completed;
};

static pthread_barrier_t opened;

/* Stands in for syscall(2). libuv closes descriptors with it; the sanitizer
 * does not see that, and takes the next descriptor of the same number, in
 * another thread, for the same one. It does see close(2). */
long syscall(long number, ...) {
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_close) return close((int)a[0]);
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void must(int err, const char *what, const char *why) {
  if (err >= 0) return;
  fprintf(stderr, "threads: %s: %s %s\n", what, mtr_errname(err), why);
  exit(EXIT_FAILURE);
}

/* A chain of routers 10.0.0.1 ... between nodes that have 10.0.1.1 and
 * 10.0.1.2, all with one address. */
static struct mtr_sim *chain(void) {
  struct mtr_sim *sim = mtr_sim_new(1);
  for (uint32_t i = 0; i < ROUTERS + 2; i++) {
    struct mtr_sim_node node;
    struct mtr_sim_addr addr = {.node = i, .family = 4, .bits = 32};
    int last = i == ROUTERS + 1;
    mtr_sim_node_defaults(&node);
    memcpy(addr.addr, "\x0a\0\0", 3);
    addr.addr[2] = i == 0 || last;
    addr.addr[3] = (uint8_t)(last ? 2 : i == 0 ? 1 : i);
    must(mtr_sim_nodes(sim, &node, 1), "node", "");
    must(mtr_sim_addrs(sim, &addr, 1), "address", "");
  }
  for (uint32_t i = 0; i <= ROUTERS; i++) {
    struct mtr_sim_link there = {.from = i, .to = i + 1, .delay = 1, .cost = 1};
    struct mtr_sim_link back = there;
    back.from = i + 1;
    back.to = i;
    must(mtr_sim_links(sim, &there, 1), "link", "");
    must(mtr_sim_links(sim, &back, 1), "link", "");
  }
  return sim;
}

static void start(const struct job *job, struct mtr *engine) {
  static const uint8_t protocols[] = {MTR_ICMP, MTR_UDP, MTR_TCP};
  struct mtr_trace trace;
  mtr_trace_defaults(&trace);
  trace.want = MTR_WANT_RESULT;
  trace.protocol = protocols[job->sim ? job->number % 3 : 0];
  mtr_address(job->sim ? "10.0.1.2" : "127.0.0.1", trace.dst, NULL);
  for (int i = 0; i < TRACES; i++)
    must(mtr_start(engine, &trace, 1), "start", mtr_why(engine));
}

/* Asks for what needs threads of libuv and descriptors: returns how many events
 * come of it. */
static int side_work(struct mtr *engine, const char *file, int pipe) {
  uint32_t timer;
  must(mtr_timer(engine, 1, 0, &timer), "timer", "");
  must(mtr_resolve(engine, "127.0.0.1", 4, 0), "name", "");
  must(mtr_save(engine, file, "text", 4, NULL, 0, 0), "file", "");
  must(mtr_watch(engine, pipe, MTR_EV_WRITABLE, 0), "descriptor", "");
  return 4;
}

static void look(struct job *job, struct mtr *engine,
                 const struct mtr_event *e, int *left) {
  char json[4096];
  struct mtr_counters counters;
  --*left;
  if (e->kind != MTR_EV_DONE) return;
  int size = mtr_json(engine, e->trace, json, sizeof json);
  must(size, "result", "");
  mtr_stats(engine, &counters);
  job->completed += e->stop == MTR_STOP_COMPLETED && size > 0 &&
                    counters.traces_started > 0;
  must(mtr_release(engine, e->trace), "release", "");
}

static void one_round(struct job *job, int first) {
  struct mtr_config config;
  struct mtr *engine;
  char why[512], file[64];
  int ends[2], left = TRACES;
  mtr_defaults(&config);
  config.rate = 0;
  config.transport = MTR_RAW;
  must(job->sim ? mtr_open_sim(&config, job->sim, &engine, why, sizeof why)
                : mtr_open(&config, &engine, why, sizeof why), "open", why);
  if (first) pthread_barrier_wait(&opened);
  snprintf(file, sizeof file, "threads.%d", job->number);
  if (pipe(ends)) must(-errno, "pipe", "");
  if (!job->sim) left += side_work(engine, file, ends[1]);
  start(job, engine);
  while (left > 0) {
    int n = mtr_wait(&engine, 1, -1, -1);
    if (n != -EINTR) must(n, "wait", "");
    must(n = mtr_step(engine), "step", mtr_why(engine));
    for (const struct mtr_event *e = mtr_events(engine); n > 0; n--, e++)
      look(job, engine, e, &left);
  }
  if (!job->sim) must(mtr_unwatch(engine, ends[1]), "descriptor", "");
  mtr_close(engine, NULL);
  close(ends[0]);
  close(ends[1]);
  unlink(file);
}

static void *work(void *arg) {
  struct job *job = arg;
  int rounds = job->sim ? 1 : ROUNDS;  /* its last engine frees the network */
  for (int i = 0; i < rounds; i++) one_round(job, i == 0);
  return NULL;
}

int main(int argc, char **argv) {
  int simulated = argc > 1 && !strcmp(argv[1], "sim");
  pthread_t thread[THREADS];
  struct job job[THREADS];
  struct mtr_sim *sim = simulated ? chain() : NULL;
  pthread_barrier_init(&opened, NULL, THREADS + 1);
  for (int i = 0; i < THREADS; i++) {
    job[i] = (struct job){.sim = sim, .number = i};
    pthread_create(&thread[i], NULL, work, &job[i]);
  }
  pthread_barrier_wait(&opened);
  mtr_sim_free(sim);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(thread[i], NULL);
    printf("%d\n", job[i].completed);
  }
}
