/* SPDX-License-Identifier: MIT
 *
 * Opening and closing an engine, and what concerns it as a whole.
 */
#include "api/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "api/check.h"
#include "api/recording.h"
#include "api/transport.h"
#include "loop/clock.h"
#include "net/raw/start.h"

enum { PAGE = 4096 };

int engine_because(struct mtr *m, int err, const char *text) {
  snprintf(m->why, sizeof m->why, "%s", text);
  return err;
}

int engine_refuse(struct mtr *m) {
  return engine_because(m, -ECHILD, "an engine belongs to the process that "
                        "opened it; after a fork open another");
}

void engine_not_ours(char *why, size_t size, const char *option, int family,
                     const uint8_t *addr) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof text);
  snprintf(why, size, "%s %s is not an address of this host; the command "
           "'ip address' lists them", option, text);
}

static int seed(uint64_t *out, uint32_t from) {
  if (!from && getrandom(out, sizeof *out, 0) != sizeof *out) return -EIO;
  if (from) *out = from * 0x9e3779b97f4a7c15ull;
  return 0;
}

/* Opens the transport, inside a recorder if config names a recording. */
static int open_net(struct mtr *m, uint64_t *random, struct net **net,
                    char *why, uint32_t size) {
  const struct mtr_config *config = &m->config;
  uint32_t id = m->sim ? (uint32_t)MTR_SIM : config->transport;
  struct net_opening o = {.config = config, .sim = m->sim, .seed = *random,
                          .clock = clock_system, .why = why, .size = size};
  int32_t keep[MTR_SOCKETS];
  int err = transport_open(net, id, &o);
  *random = o.seed;
  if (err || !config->recording[0] || !transport_records(id)) return err;
  if ((err = recording_start(config, *random, net, why, size)))
    (*net)->ops->close(*net, raw_given(config) ? keep : NULL);
  return err;
}

/* Checks that the source addresses in the config are this host's. */
static int check_sources(struct mtr *m, char *why, uint32_t size) {
  static const uint8_t none[16];
  const uint8_t *source[] = {m->config.source4, m->config.source6};
  for (int i = 0; i < 2; i++) {
    struct net_route r = {.family = i ? 6 : 4, .protocol = WIRE_ICMP};
    if (!memcmp(source[i], none, sizeof none)) continue;
    r.now = clock_now(&m->loop);
    memcpy(r.src, source[i], sizeof r.src);
    memcpy(r.dst, source[i], sizeof r.dst);
    int err = m->loop.net->ops->route(m->loop.net, &r);
    if (err) {
      engine_not_ours(why, size, i ? "source6" : "source4", r.family,
                      source[i]);
      return err;
    }
  }
  return 0;
}

static int open_engine(struct mtr *m, char *why, uint32_t size) {
  const struct mtr_config *config = &m->config;
  struct core_config core = {
      .max_traces = config->max_traces, .max_probes = config->max_probes,
      .max_events = config->max_events, .rate = config->rate,
      .target_rate = config->target_rate, .pick = config->pick,
      .strict = config->strict,
      .late_window = (int64_t)(config->late_window * 1e6)};
  struct net *net;
  /* In a simulated network the path of a flow must not depend on the engine's
   * seed: specs and scripts know it. */
  int err = seed(&core.seed, m->sim ? 1 : config->seed);
  if (err) return err;
  err = open_net(m, &core.seed, &net, why, size);
  if (err) return err;
  if (!(net->caps & MTR_CAP_FLOW)) m->mark = config->mark;
  err = loop_open(&m->loop, &core, net);
  m->loop.most = (int64_t)(config->max_step * 1e6);
  return err;
}

/* Makes the page that shows, without a system call, that this process is a
 * forked child: the kernel zeroes it on fork. */
static int mark_ours(struct mtr *m) {
  m->ours = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (m->ours == MAP_FAILED) return -ENOMEM;
  if (madvise(m->ours, PAGE, MADV_WIPEONFORK)) {
    int err = errno == EINVAL ? -ENOSYS : -errno;   /* Linux before 4.14 */
    munmap(m->ours, PAGE);
    return err;
  }
  *m->ours = 1;
  return 0;
}

static int open_over(const struct mtr_config *config, struct mtr_sim *sim,
                     struct mtr **engine, char *why, uint32_t size) {
  char unread[1];
  if (!why || !size) {
    why = unread;
    size = sizeof unread;
  }
  *engine = NULL;
  why[0] = 0;
  int err = check_config(config, why, size);
  if (err) return err;
  struct mtr *m = calloc(1, sizeof *m);
  if (!m) return -ENOMEM;
  m->config = *config;
  m->sim = sim;
  if ((err = mark_ours(m))) {
    free(m);
    return err;
  }
  if (config->interface[0]) {
    int index = mtr_interface(config->interface);
    if (index < 0)
      snprintf(why, size, "there is no interface \"%s\"", config->interface);
    err = index < 0 ? index : 0;
    m->interface = (uint32_t)index;
  }
  if (err || (err = open_engine(m, why, size))) {
    munmap(m->ours, PAGE);
    free(m);
    return err;
  }
  if ((err = check_sources(m, why, size))) {
    int32_t keep[MTR_SOCKETS];
    mtr_close(m, raw_given(config) ? keep : NULL);
    return err;
  }
  *engine = m;
  return 0;
}

int mtr_open(const struct mtr_config *config, struct mtr **engine, char *why,
             uint32_t size) {
  return open_over(config, NULL, engine, why, size);
}

int mtr_open_sim(const struct mtr_config *config, struct mtr_sim *sim,
                 struct mtr **engine, char *why, uint32_t size) {
  return open_over(config, sim, engine, why, size);
}

void mtr_close(struct mtr *m, int32_t *keep) {
  if (!m) return;
  int forked = mtr_forked(m);
  if (keep) memcpy(keep, m->config.sockets, sizeof m->config.sockets);
  if (keep && forked) memset(keep, -1, sizeof m->config.sockets);
  if (forked) loop_abandon(&m->loop);
  else loop_close(&m->loop, keep);
  payload_close(&m->payloads);
  label_clear(&m->labels);
  replies_close(&m->replies);
  munmap(m->ours, PAGE);
  free(m);
}

int mtr_forked(struct mtr *m) { return !*m->ours; }

int mtr_finish(struct mtr *m) {
  if (engine_forked(m)) return -ECHILD;
  const struct net_ops *ops = m->loop.net->ops;
  int err = ops->finish ? ops->finish(m->loop.net) : 0;
  m->loop.core.counters.unrecorded = m->loop.net->unrecorded;
  engine_because(m, err, err ? m->config.recording : "");
  return err;
}

int mtr_payload(struct mtr *m, const uint8_t *bytes, uint32_t size) {
  if (engine_forked(m)) return -ECHILD;
  return payload_keep(&m->payloads, bytes, size);
}

const char *mtr_why(struct mtr *m) { return m->why; }

uint32_t mtr_caps(struct mtr *m) { return m->loop.net->caps; }

const char *mtr_transport(struct mtr *m) { return m->loop.net->ops->name; }

const char *mtr_detour(struct mtr *m) {
  return m->loop.net->detour ? m->loop.net->detour : "";
}

void mtr_stats(struct mtr *m, struct mtr_counters *counters) {
  const struct core *c = &m->loop.core;
  *counters = c->counters;
  counters->traces = c->traces.used;
  counters->memory = core_memory(c);
}

double mtr_now(struct mtr *m) { return (double)clock_now(&m->loop) / 1e6; }

int mtr_set_rate(struct mtr *m, double rate) {
  if (engine_forked(m)) return -ECHILD;
  if (!check_rate(rate)) return -EINVAL;
  pace_init(&m->loop.core.pace, rate, clock_call(&m->loop));
  loop_arm(&m->loop);
  return 0;
}
