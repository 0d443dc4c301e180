/* SPDX-License-Identifier: MIT
 *
 * Opening, driving and closing an engine.
 */
#include "api/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "loop/resolve.h"
#include "loop/watch.h"
#include "net/mtrpacket/mtrpacket.h"
#include "net/packet/packet.h"
#include "net/sim/sim.h"
#include "api/check.h"
#include "api/recording.h"

enum { WAIT_MAX = 64, PAGE = 4096 };

_Static_assert((int)PACKET_FDS == MTR_SOCKETS, "sockets of the ABI");

int engine_because(struct mtr *m, int err, const char *text) {
  snprintf(m->why, sizeof m->why, "%s", text);
  return err;
}

void engine_not_ours(char *why, size_t size, const char *option, int family,
                     const uint8_t *addr) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, text, sizeof text);
  snprintf(why, size, "%s %s is not an address of this host; ip address lists "
           "those that are", option, text);
}

int mtr_sockets(int32_t *fd, uint32_t mark, int fast) {
  int err = raw_sockets(fd, mark);
  fd[PACKET_SPD] = fd[PACKET_4] = fd[PACKET_6] = -1;
  if (!err && fast) packet_sockets(fd, mark);
  return err;
}

static int seed(uint64_t *out, uint32_t from) {
  if (!from && getrandom(out, sizeof *out, 0) != sizeof *out) return -EIO;
  if (from) *out = from * 0x9e3779b97f4a7c15ull;
  return 0;
}

static int given_sockets(const struct mtr_config *config) {
  return config->sockets[RAW_SEND4] >= 0 || config->sockets[RAW_SEND6] >= 0;
}

/* Opens packet if |fast|, else raw, over the sockets given or its own. |*odd|:
 * why it is raw all the same; where packet is a must, that is an error. */
static int open_sockets(const struct mtr_config *config, uint64_t random,
                        int fast, struct net **net, int *odd) {
  uint32_t regions = (config->max_probes + TABLE_REGION - 1) / TABLE_REGION;
  int32_t fd[MTR_SOCKETS];
  int asked = config->transport == MTR_PACKET;
  int err = 0, given = given_sockets(config), raw = !fast;
  if (given) memcpy(fd, config->sockets, sizeof fd);
  else err = mtr_sockets(fd, config->mark, fast);
  if (err) return err;
  if (fast) {
    *odd = given ? -EBUSY : -EAFNOSUPPORT;
    if (fd[PACKET_4] >= 0)
      *odd = packet_open(net, fd, random, regions, asked, loop_clock());
    raw = *odd && !asked;
    err = raw ? 0 : *odd;
  }
  if (raw) err = raw_open(net, fd, random, regions);
  for (int i = 0; !given && i < MTR_SOCKETS; i++)
    if (fd[i] >= 0 && (err || (raw && i >= RAW_FDS))) close(fd[i]);
  return err;
}

/* Adds to |why| what the transport lacks. */
static void add_lack(const struct net *net, char *why, uint32_t size) {
  size_t used = strlen(why);
  if (net->lack) snprintf(why + used, size - used, "; %s", net->lack);
}

/* raw; or packet, if that is asked for, or for "auto" when the rate is high. */
static int open_raw(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size) {
  int asked = config->transport == MTR_PACKET, odd = 0;
  int fast = asked || (config->transport == MTR_AUTO &&
                       (config->rate <= 0 || config->rate > MTR_FAST_RATE));
  int err = open_sockets(config, random, fast, net, &odd);
  if (err == -EPERM || err == -EACCES)
    snprintf(why, size, "%s sockets need CAP_NET_RAW: run as root, give the "
             "program cap_net_raw+ep with setcap, or take a namespace of your "
             "own (unshare -rn)", asked ? "packet" : "raw");
  else if (err && asked)
    snprintf(why, size, "packet sockets cannot be had here; choose raw");
  if (err) return err;
  if (config->transport != MTR_AUTO) snprintf(why, size, "asked for");
  else if (odd == -EBUSY)
    snprintf(why, size, "raw sockets are permitted, no packet sockets left");
  else if (odd) snprintf(why, size, "raw sockets are permitted, packet sockets "
                         "cannot be had: %s", mtr_errname(odd));
  else snprintf(why, size, "%s sockets are permitted%s", fast ? "packet" :
                "raw", fast ? " and the rate is high" : "");
  add_lack(*net, why, size);
  return 0;
}

static int open_helper(const struct mtr_config *config, uint64_t random,
                       struct net **net, char *why, uint32_t size) {
  char path[sizeof config->helper];
  snprintf(path, sizeof path, "%s", config->helper);
  if (!*path && mtr_find("mtr-packet", path, sizeof path)) {
    snprintf(why, size, "mtr-packet is not installed (Debian: mtr-tiny)");
    return -ENOENT;
  }
  return mtrpacket_open(net, path, config->workers, random, loop_clock, why,
                        size);
}

static int open_sim(struct mtr_sim *sim, uint64_t random, struct net **net,
                    char *why, uint32_t size) {
  int err = topo_freeze(sim);
  if (err) {
    snprintf(why, size, "the simulated network is empty");
    return err;
  }
  snprintf(why, size, "a simulated network was given");
  return sim_open(net, sim, random);
}

/* auto: packet or raw if that is permitted, else mtr-packet if it is there and
 * can be run. */
static int open_transport(const struct mtr_config *config, uint64_t random,
                          struct net **net, char *why, uint32_t size) {
  char other[400] = "";
  if (config->transport == MTR_MTR_PACKET) {
    int err = open_helper(config, random, net, other, sizeof other);
    snprintf(why, size, "%s%s", err ? "" : "asked for; ", other);
    return err;
  }
  int err = open_raw(config, random, net, why, size);
  if (config->transport != MTR_AUTO || (err != -EPERM && err != -EACCES))
    return err;
  int helped = open_helper(config, random, net, other, sizeof other);
  if (!helped) {
    snprintf(why, size, "raw sockets are not permitted, %s", other);
    return 0;
  }
  size_t used = strlen(why);
  snprintf(why + used, size - used, "; and %s (%s)", other,
           mtr_errname(helped));
  return err;
}

static int open_net(const struct mtr_config *config, uint64_t *random,
                    struct net **net, char *why, uint32_t size) {
  int32_t keep[MTR_SOCKETS];
  if (config->transport == MTR_REPLAY)
    return recording_replay(config, random, net, why, size);
  int err = open_transport(config, *random, net, why, size);
  if (err || !config->recording[0]) return err;
  if ((err = recording_start(config, *random, net, why, size)))
    (*net)->ops->close(*net, given_sockets(config) ? keep : NULL);
  return err;
}

/* Whether the source addresses of |m|'s config are this host's. */
static int check_sources(struct mtr *m, char *why, uint32_t size) {
  static const uint8_t none[16];
  const uint8_t *source[] = {m->config.source4, m->config.source6};
  for (int i = 0; i < 2; i++) {
    struct net_route r = {.family = i ? 6 : 4, .protocol = WIRE_ICMP};
    if (!memcmp(source[i], none, sizeof none)) continue;
    r.now = loop_now(&m->loop);
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
      .late_window = (int64_t)(config->late_window * 1e6)};
  struct net *net;
  /* Who knows a simulated network knows which way each flow goes: that is not
   * of the engine's seed. */
  int err = seed(&core.seed, m->sim ? 1 : config->seed);
  if (err) return err;
  if (m->sim)
    err = open_sim(m->sim, config->seed ? config->seed : m->sim->seed, &net,
                   why, size);
  else
    err = open_net(config, &core.seed, &net, why, size);
  if (err) return err;
  m->label = (uint32_t)(core.seed >> 40) & 0xfffff;
  if (!(net->caps & MTR_CAP_FLOW)) m->mark = config->mark;
  return loop_open(&m->loop, &core, net);
}

/* A page that is wiped on fork tells a child from us without a system call. */
static int mark_ours(struct mtr *m) {
  m->ours = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (m->ours == MAP_FAILED) return -ENOMEM;
  if (madvise(m->ours, PAGE, MADV_WIPEONFORK)) {
    int err = -errno;                  /* Linux before 4.14 */
    munmap(m->ours, PAGE);
    return err;
  }
  *m->ours = 1;
  return 0;
}

static int open_over(const struct mtr_config *config, struct mtr_sim *sim,
                     struct mtr **engine, char *why, uint32_t size) {
  *engine = NULL;
  snprintf(why, size, "%s", "");
  int err = check_config(config, why, size);
  if (!err && config->transport == MTR_SIM && !sim) err = -EINVAL;
  if (err && !*why) snprintf(why, size, "transport sim needs a network");
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
    mtr_close(m, given_sockets(config) ? keep : NULL);
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
  if (keep) memcpy(keep, m->config.sockets, sizeof m->config.sockets);
  loop_close(&m->loop, keep);
  for (uint32_t i = 0; i < m->payload_count; i++) free(m->payloads[i].bytes);
  free(m->payloads);
  replies_close(&m->replies);
  munmap(m->ours, PAGE);
  free(m);
}

/* Driving. */

int mtr_fd(struct mtr *m) { return loop_fd(&m->loop); }

double mtr_timeout(struct mtr *m) {
  int64_t at = loop_deadline(&m->loop, loop_now(&m->loop));
  if (at == INT64_MAX) return -1;
  int64_t now = m->loop.net->virtual ? at : loop_clock();
  return at <= now ? 0 : (double)(at - now) / 1e6;
}

int mtr_wait(struct mtr **engines, uint32_t n, int wake_fd, double timeout) {
  struct pollfd fd[WAIT_MAX + 1];
  uint32_t k = 0;
  if (n > WAIT_MAX) return -EINVAL;
  /* One engine alone sleeps in its own loop, which spares it a second look. */
  if (n == 1 && wake_fd >= 0 && timeout < 0) {
    int err = loop_wait(&engines[0]->loop, wake_fd);
    if (err != -EINVAL) return err ? err : 1;
  }
  for (; k < n; k++)
    fd[k] = (struct pollfd){.fd = mtr_fd(engines[k]), .events = POLLIN};
  fd[k++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
  struct timespec ts = {.tv_sec = (time_t)(timeout / 1e3)};
  ts.tv_nsec = (long)((timeout - (double)ts.tv_sec * 1e3) * 1e6);
  int ready = ppoll(fd, k, timeout < 0 ? NULL : &ts, NULL);
  if (ready < 0) return -errno;
  return fd[n].revents ? -EINTR : ready;
}

static int forked(struct mtr *m) {
  return engine_because(m, -ECHILD, "an engine belongs to the process that "
                        "opened it; after a fork open another");
}

int mtr_step(struct mtr *m) {
  if (!*m->ours) return forked(m);
  m->why[0] = 0;
  int err = loop_step(&m->loop);
  return err ? err : (int)m->loop.core.event_count;
}

void mtr_hold(struct mtr *m) { m->loop.held = loop_now(&m->loop) | 1; }

int mtr_flush(struct mtr *m) {
  if (!*m->ours) return forked(m);
  loop_flush(&m->loop);
  return 0;
}

const struct mtr_event *mtr_events(struct mtr *m) {
  return m->loop.core.events;
}

const uint8_t *mtr_ext(struct mtr *m) { return m->loop.core.ext; }

/* Timers, names, counters. */

int mtr_timer(struct mtr *m, double ms, uint32_t cookie, uint32_t *timer) {
  if (!(ms >= 0 && ms < 1e12)) return -EINVAL;
  int64_t ns = (int64_t)(ms * 1e6);
  *timer = core_timer(&m->loop.core, ns, cookie, loop_call(&m->loop));
  loop_arm(&m->loop);
  return *timer ? 0 : -ENOMEM;
}

int mtr_timer_cancel(struct mtr *m, uint32_t timer) {
  return core_timer_cancel(&m->loop.core, timer);
}

int mtr_resolve(struct mtr *m, const char *name, uint32_t family,
                uint32_t cookie) {
  return resolve_start(&m->loop, name, family, cookie);
}

int mtr_watch(struct mtr *m, int fd, uint32_t kind, uint32_t cookie) {
  if (kind != MTR_EV_READABLE && kind != MTR_EV_WRITABLE) return -EINVAL;
  int err = watch_start(&m->loop, fd, kind, cookie);
  loop_arm(&m->loop);
  return err;
}

int mtr_unwatch(struct mtr *m, int fd) { return watch_stop(&m->loop, fd); }

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

int mtr_set_rate(struct mtr *m, double rate) {
  if (!(rate >= 0 && rate <= 1e9)) return -EINVAL;
  pace_init(&m->loop.core.pace, rate, loop_call(&m->loop));
  loop_arm(&m->loop);
  return 0;
}
