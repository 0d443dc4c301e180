/* SPDX-License-Identifier: MIT
 *
 * faults KIND MORE FIRST STRIDE TRANSPORT [ADDRESS...]: opens an engine, traces
 * the addresses, does the other things that an engine can do, and closes it,
 * again and again; each time another call fails (fail.h), first the one with
 * the number FIRST, then that STRIDE further, until nothing fails any more. The
 * MORE next calls fail too. KIND "budget": so many bytes of memory can be had.
 * KIND "spare": so many more descriptors can be opened. Each round is a process
 * of its own, so one that crashes is told like any other. TRANSPORT "sim" needs
 * no address. It writes a file into the current directory, and removes it.
 *
 * libuv ends the process in a few places where it has no memory, or where epoll
 * has no room for a descriptor of its own. The engine asks for the same shortly
 * before, so this can only happen if exactly the next call fails; these rounds
 * are counted apart.
 *
 * Prints a line for each round that did not end as it should, then how many
 * rounds there were. Ends with 1 if there was such a line.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "mtr.h"

enum {
  TRACES = 3,            /* of each protocol to each address */
  MOST_IDLE = 3000,      /* steps in a row that do nothing and want another */
  PATIENCE = 40,         /* steps before what fails works again */
  SECONDS = 20,          /* longest round */
  FILES = 60,            /* descriptors that are more than enough */
  ROUTERS = 4
};

#define FILE_NAME "faults.saved"

struct task {
  const char *transport;
  char **address;
  int addresses, spare;
  uint32_t kind, more;
  int pipe[2];           /* to watch */
};

struct round {
  struct fail fail;      /* first: the library counts in it */
  char words[400];       /* what was wrong */
};

static void wrong(struct round *r, const char *what, double number) {
  size_t n = strlen(r->words);
  snprintf(r->words + n, sizeof r->words - n, "; %s %g", what, number);
}

/* Returns how many entries a directory has. */
static int entries(const char *path) {
  DIR *dir = opendir(path);
  int n = -2;                          /* "." and ".." */
  while (dir && readdir(dir)) n++;
  if (dir) closedir(dir);
  return n;
}

static int descriptors(void) { return entries("/proc/self/fd") - 1; }

/* Waits for threads that nobody joins: at its end each frees what it has. */
static void end_threads(void) {
  for (int i = 0; i < 5000 && entries("/proc/self/task") > 1; i++) usleep(1000);
}

/* A chain of routers 10.0.0.1 ... between 10.0.1.1 and 10.0.1.2; NULL: no
 * memory. */
static struct mtr_sim *chain(void) {
  struct mtr_sim *sim = mtr_sim_new(1);
  int err = sim ? 0 : -ENOMEM;
  for (uint32_t i = 0; i < ROUTERS + 2 && err >= 0; i++) {
    struct mtr_sim_node node;
    struct mtr_sim_addr addr = {.node = i, .family = 4, .bits = 32};
    int last = i == ROUTERS + 1;
    mtr_sim_node_defaults(&node);
    memcpy(addr.addr, "\x0a\0\0", 3);
    addr.addr[2] = i == 0 || last;
    addr.addr[3] = (uint8_t)(last ? 2 : i == 0 ? 1 : i);
    err = mtr_sim_nodes(sim, &node, 1);
    if (err >= 0) err = mtr_sim_addrs(sim, &addr, 1);
  }
  for (uint32_t i = 0; i <= ROUTERS && err >= 0; i++) {
    struct mtr_sim_link there = {.from = i, .to = i + 1, .delay = 1, .cost = 1};
    struct mtr_sim_link back = there;
    back.from = i + 1;
    back.to = i;
    err = mtr_sim_links(sim, &there, 1);
    if (err >= 0) err = mtr_sim_links(sim, &back, 1);
  }
  if (err >= 0) return sim;
  mtr_sim_free(sim);
  return NULL;
}

static uint32_t transport_id(const char *name) {
  struct mtr_transport_info info;
  for (uint32_t i = 0; !mtr_transport_info(i, &info); i++)
    if (!strcmp(info.name, name)) return info.id;
  fprintf(stderr, "faults: there is no transport %s\n", name);
  exit(2);
}

/* Opens an engine as a caller does; NULL if that failed as it may. */
static struct mtr *open_engine(const struct task *t, struct round *r) {
  struct mtr *engine = (struct mtr *)t;
  struct mtr_config config;
  char why[512];
  int err;
  mtr_defaults(&config);
  config.rate = 0;
  config.late_window = 0;
  config.seed = 1;
  config.transport = transport_id(t->transport);
  if (config.transport == MTR_SIM) {
    struct mtr_sim *sim = chain();
    if (!sim) return NULL;
    err = mtr_open_sim(&config, sim, &engine, why, sizeof why);
    mtr_sim_free(sim);
  } else {
    err = mtr_open(&config, &engine, why, sizeof why);
  }
  if (err > 0 || (err < 0) != !engine) wrong(r, "mtr_open returned", err);
  if (err == -EINVAL) wrong(r, "blames the caller:", err);
  return engine;
}

/* Starts the traces; returns how many. */
static int start(const struct task *t, struct mtr *engine, struct round *r) {
  static const uint8_t protocols[] = {MTR_ICMP, MTR_UDP, MTR_TCP};
  static char simulated[] = "10.0.1.2", *one[] = {simulated};
  char **address = t->addresses ? t->address : one;
  int started = 0;
  for (int i = 0; i < (t->addresses ? t->addresses : 1); i++) {
    for (uint32_t k = 0; k < sizeof protocols; k++) {
      struct mtr_trace trace[TRACES];
      if (!(mtr_caps(engine) & (uint32_t)MTR_CAP_ICMP << k)) continue;
      mtr_trace_defaults(trace);
      trace->want = MTR_WANT_RESULT | MTR_WANT_HOP;
      trace->protocol = protocols[k];
      trace->timeout = 60;
      trace->gap_limit = 2;
      trace->attempts = 1;
      int family = mtr_address(address[i], trace->dst, NULL);
      trace->family = (uint8_t)family;
      for (int j = 1; j < TRACES; j++) trace[j] = *trace;
      int n = mtr_start(engine, trace, TRACES);
      if (n > TRACES || n == -EINVAL) wrong(r, "mtr_start returned", n);
      if (n > 0) started += n;
    }
  }
  return started;
}

/* Counts what was accepted, and will have an event. */
static int accepted(int err, const char *what, struct round *r) {
  if (err > 0 || err == -EINVAL) wrong(r, what, err);
  return err == 0;
}

/* Starts what an engine does beside traces; returns how many events follow. */
static int start_rest(const struct task *t, struct mtr *engine,
                      struct round *r) {
  struct mtr_dns dns;
  uint32_t timer;
  static const uint8_t addr[16] = {127, 0, 0, 1};
  int32_t fd = t->pipe[1];
  int n = accepted(mtr_timer(engine, 1, 0, &timer), "mtr_timer", r);
  mtr_dns_defaults(&dns);
  strcpy(dns.servers, "127.0.0.1:9");
  dns.timeout = 5;
  dns.attempts = 1;
  accepted(mtr_dns_use(engine, &dns), "mtr_dns_use", r);
  n += accepted(mtr_resolve(engine, "localhost", 0, 0), "mtr_resolve", r);
  n += accepted(mtr_reverse(engine, addr, 4, 0), "mtr_reverse", r);
  n += accepted(mtr_save(engine, FILE_NAME, "text", 4, &fd, 1, 0), "mtr_save",
                r);
  return n + accepted(mtr_watch(engine, fd, MTR_EV_WRITABLE, 0), "mtr_watch",
                      r);
}

static void take(struct mtr *engine, const struct mtr_event *e, int *left,
                 struct round *r) {
  static char json[1 << 16];
  int names = e->kind == MTR_EV_RESOLVED || e->kind == MTR_EV_TEXT;
  if (e->kind == MTR_EV_HOP || (names && e->ttl)) return;
  if (e->kind != MTR_EV_DONE) --*left;
  if (e->kind != MTR_EV_DONE) return;
  int size = mtr_json(engine, e->trace, json, sizeof json);
  if (size < 0 && size != -ENOMEM) wrong(r, "mtr_json returned", size);
  int err = mtr_release(engine, e->trace);
  if (err) wrong(r, "mtr_release returned", err);
  --*left;
}

/* Steps until all has ended. What fails works again after a while: from
 * then on they must. */
static void step(struct mtr *engine, int left, struct round *r) {
  int idle = 0, turns = 0;
  time_t end = time(NULL) + SECONDS;
  while (left > 0 && idle < MOST_IDLE && time(NULL) < end) {
    if (++turns == PATIENCE) r->fail.kind = FAIL_NOTHING;
    mtr_wait(&engine, 1, -1, 100);
    int n = mtr_step(engine);
    idle = n == 0 && mtr_timeout(engine) == 0 ? idle + 1 : 0;
    if (n < 0 && n != -ENOMEM) wrong(r, "mtr_step returned", n);
    for (const struct mtr_event *e = mtr_events(engine); n > 0; n--, e++)
      take(engine, e, &left, r);
  }
  if (left) wrong(r, idle < MOST_IDLE ? "never ends:" : "endless step:", left);
}

static void check_counters(struct mtr *engine, struct round *r) {
  struct mtr_counters c;
  mtr_stats(engine, &c);
  double lost = c.probes_sent - c.replies - c.timeouts - c.failed -
                c.given_up - c.probes;
  if (lost != 0) wrong(r, "probes without an outcome:", lost);
  if (c.traces != 0) wrong(r, "traces left:", c.traces);
  if (c.traces_started != c.traces_done)
    wrong(r, "traces not done:", c.traces_started - c.traces_done);
}

static void limit(int spare) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = (rlim_t)(descriptors() + spare);
  if (spare < 0) files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/* One life of an engine. Returns 1 if it could be opened and traced all. */
static int live(const struct task *t, struct round *r) {
  int before = descriptors(), all = 0;
  r->fail.bytes = 0;
  if (t->spare >= 0) limit(t->spare);
  fail_use(&r->fail);
  struct mtr *engine = open_engine(t, r);
  if (engine) {
    all = start_rest(t, engine, r);
    all += start(t, engine, r);
    step(engine, all, r);
    mtr_unwatch(engine, t->pipe[1]);
    check_counters(engine, r);
    mtr_close(engine, NULL);
  }
  end_threads();
  fail_use(NULL);
  limit(-1);
  if (r->fail.blocks) wrong(r, "blocks left:", (double)r->fail.blocks);
  if (r->fail.mapped) wrong(r, "bytes left mapped:", (double)r->fail.mapped);
  int now = descriptors();
  if (now != before) wrong(r, "descriptors left:", now - before);
  return all;
}

/* Runs round |n| in a child; prints what was wrong. Returns 1 if it was. */
static int one_round(const struct task *t, struct round *r, uint32_t n,
                     int *by_libuv) {
  int status;
  memset(r, 0, sizeof *r);
  r->fail = (struct fail){.kind = t->kind, .at = n, .more = t->more};
  pid_t pid = fork();
  if (!pid) {
    alarm(2 * SECONDS);
    live(t, r);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  if (status == SIGABRT && !strncmp(r->fail.library, "libuv", 5) &&
      (!strcmp(r->fail.call, "realloc") ||
       !strcmp(r->fail.call, "epoll_ctl"))) {
    ++*by_libuv;
    return 0;
  }
  if (WIFSIGNALED(status)) wrong(r, "signal", WTERMSIG(status));
  if (!r->words[0]) return 0;
  printf("%u: %s in %s %s+0x%llx%s\n", n, r->fail.call, r->fail.library,
         r->fail.symbol, (unsigned long long)r->fail.offset, r->words);
  fflush(stdout);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  struct task t = {.kind = fail_name(argv[1]), .transport = argv[5],
                   .address = argv + 6, .addresses = argc - 6, .spare = -1,
                   .more = (uint32_t)atoi(argv[2])};
  int spare = !strcmp(argv[1], "spare"), bad = 0, by_libuv = 0;
  uint32_t first = (uint32_t)atoi(argv[3]), n, rounds = 0;
  struct round *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  signal(SIGPIPE, SIG_IGN);
  if (pipe(t.pipe)) return 2;
  live(&t, r);                         /* what is made once and kept */
  memset(r, 0, sizeof *r);
  int whole = live(&t, r), want = r->fail.failed == 0 && whole > 0;
  if (!want || r->words[0]) {
    printf("without a failure%s; traces %d\n", r->words, whole);
    return 1;
  }
  for (n = first; n < 1u << 30; n += (uint32_t)atoi(argv[4])) {
    if (spare) t.spare = (int)n;
    bad += one_round(&t, r, n, &by_libuv);
    rounds++;
    if (spare ? n >= FILES : !r->fail.failed) break;
  }
  unlink(FILE_NAME);
  unlink(FILE_NAME ".new");
  printf("%u rounds, %d wrong, %d ended by libuv\n", rounds, bad, by_libuv);
  return bad > 0;
}
