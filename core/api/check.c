/* SPDX-License-Identifier: MIT */
#include "api/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/core.h"
#include "wire/build.h"
#include "api/transport.h"
#include "wire/ip.h"

struct range {
  const char *name;
  double value, low, high;
};

static int outside(const struct range *r, unsigned n, char *why, size_t size) {
  for (unsigned i = 0; i < n; i++) {
    if (r[i].value >= r[i].low && r[i].value <= r[i].high) continue;
    snprintf(why, size, "%s must be %.0f..%.0f, got %g", r[i].name, r[i].low,
             r[i].high, r[i].value);
    return 1;
  }
  return 0;
}

static int check_recording(const struct mtr_config *c, char *why,
                           size_t size) {
  if (c->transport == MTR_REPLAY && !c->recording[0])
    snprintf(why, size, "transport replay needs a recording");
  else if (c->transport == MTR_SIM && c->recording[0])
    snprintf(why, size, "a simulated network is not recorded: its seed repeats "
             "it");
  else
    return 0;
  return -EINVAL;
}

/* One probe in eleven days. Less would be times that no clock has. */
static const double CHECK_RATE_LEAST = 1e-6;

int check_rate(double rate) {
  return rate == 0 || (rate >= CHECK_RATE_LEAST && rate <= 1e9);
}

int check_config(const struct mtr_config *c, char *why, size_t size) {
  const struct range ranges[] = {
      {"workers", c->workers, 1, 8},
      {"max_traces", c->max_traces, 1, 1000000},
      {"max_probes", c->max_probes, 1, CORE_REGIONS * TABLE_REGION},
      {"max_events", c->max_events, 1024, 65536},
      {"rate", c->rate, 0, 1e9},
      {"target_rate", c->target_rate, 0, 1e9},
      {"late_window", c->late_window, 0, 3.6e6},
      {"pick", c->pick, 0, 1},
      {"max_step", c->max_step, 0, 1e6}};
  unsigned n = sizeof ranges / sizeof *ranges;
  if (!transport_known(c->transport)) {
    snprintf(why, size, "transport must be one of mtr_transport_info, got %u",
             c->transport);
    return -EINVAL;
  }
  if (outside(ranges, n, why, size)) return -EINVAL;
  if (!check_rate(c->rate) || !check_rate(c->target_rate)) {
    snprintf(why, size, "a rate must be 0 or %g..1e9 probes a second, got %g",
             CHECK_RATE_LEAST,
             check_rate(c->rate) ? c->target_rate : c->rate);
    return -EINVAL;
  }
  if (memchr(c->interface, 0, sizeof c->interface) &&
      memchr(c->helper, 0, sizeof c->helper) &&
      memchr(c->recording, 0, sizeof c->recording))
    return check_recording(c, why, size);
  snprintf(why, size, "interface, helper and recording must end with a zero "
           "byte");
  return -EINVAL;
}

static int unknown(const struct mtr_trace *t, char *why, size_t size) {
  static const uint8_t unset[16];
  if (t->family != 4 && t->family != 6)
    snprintf(why, size, "family must be 4 or 6, got %u", t->family);
  else if (t->protocol != MTR_ICMP && t->protocol != MTR_UDP &&
           t->protocol != MTR_TCP)
    snprintf(why, size, "protocol must be ICMP, UDP or TCP, got %u",
             t->protocol);
  else if (t->multipath > MTR_DUBLIN)
    snprintf(why, size, "multipath must be 0..2, got %u", t->multipath);
  else if (t->multipath == MTR_DUBLIN && t->protocol != MTR_UDP)
    snprintf(why, size, "multipath \"dublin\" needs protocol \"udp\"");
  else if (!memcmp(t->dst, unset, t->family == 4 ? 4 : sizeof unset))
    snprintf(why, size, "dst is not set: %s is no destination",
             t->family == 4 ? "0.0.0.0" : "::");
  else if (t->family == 6 && ip_mapped(t->dst))
    snprintf(why, size, "an address mapped from IPv4 (::ffff:0:0/96) must be "
             "given as IPv4");
  else if (t->flags & MTR_MANUAL && t->flags & MTR_STRATEGY)
    snprintf(why, size, "a trace is either manual or has a strategy");
  else
    return 0;
  return 1;
}

int check_trace(const struct mtr_trace *t, unsigned payload, unsigned flows,
                char *why, size_t size) {
  const struct range ranges[] = {
      {"timeout", t->timeout, 1, 3.6e6},
      {"flow", t->flow, 0, flows - 1},
      {"port", t->protocol == MTR_ICMP ? 1 : t->port, 1, 65535},
      {"flow_label", t->flow_label, MTR_NO_LABEL, 0xfffff},
      {"first_ttl", t->first_ttl, 1, 255},
      {"max_ttl", t->max_ttl, t->first_ttl, 255},
      {"window", t->window, 1, 255},
      {"queries", t->queries, 1, 16},
      {"attempts", t->attempts, 1, 15}};
  if (unknown(t, why, size)) return -EINVAL;
  if (outside(ranges, sizeof ranges / sizeof *ranges, why, size))
    return -EINVAL;
  int least = wire_min_size(t->family, t->protocol, t->multipath,
                            (int)payload);
  int need = t->size ? t->size
                     : wire_default_size(t->family, t->protocol, t->multipath,
                                         (int)payload);
  if (need < least || need > 65535 - 255) {
    snprintf(why, size,
             "size must be %d..65280 for such a probe with %u bytes of "
             "payload, got %d", least, payload, need);
    return -EINVAL;
  }
  return 0;
}

int check_able(const struct mtr_trace *t, uint32_t caps, const char *name,
               char *why, size_t size) {
  uint32_t need = t->family == 6 ? MTR_CAP_PORTS6 : MTR_CAP_PORTS4;
  int ports = t->protocol == MTR_UDP && t->multipath != MTR_CLASSIC &&
              (caps & need);
  int payload = (caps & MTR_CAP_PAYLOAD) != 0, tcp = t->protocol == MTR_TCP;
  int sum = t->protocol == MTR_ICMP && (caps & MTR_CAP_CHECKSUM);
  const struct {
    const char *name;
    int wanted;
  } options[] = {
      {"payload", t->payload && (tcp || !payload)},
      {"flow_label", t->flow_label != MTR_NO_LABEL},
      {"dont_fragment", t->flags & MTR_DONT_FRAGMENT && !payload},
      {"tcp_flags \"ack\"", (t->flags & MTR_TCP_ACK) != 0},
      {"source_port", t->source_port && !ports},
      {"source_port below 1024", t->source_port && t->source_port < 1024},
      {"flow", t->flow && !ports && !sum},
      {"size of tcp", t->size && tcp && payload},
      {"size above 9000", t->size > 9000 && !payload},
      {"multipath \"dublin\"", t->multipath == MTR_DUBLIN}};
  if (caps & MTR_CAP_FLOW) return 0;
  for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
    if (!options[i].wanted) continue;
    snprintf(why, size, "%s is not possible with transport %s", options[i].name,
             name);
    return -EOPNOTSUPP;
  }
  return 0;
}

int check_probe(const struct trace *t, const struct mtr_probe_opts *p,
                unsigned flows, char *why, size_t size) {
  const struct opts *o = t->opts;
  int strategy = (o->flags & MTR_STRATEGY) != 0;
  int low = strategy ? o->first_ttl : 1, high = strategy ? o->max_ttl : 255;
  int plain = p->flow == o->flow && !p->size;
  if (plain && p->ttl >= low && p->ttl <= high) return 0;   /* like most */
  int least = wire_min_size(o->family, o->protocol, o->multipath,
                            o->payload_size);
  const struct range ranges[] = {
      {"ttl", p->ttl, low, high},
      {"flow", p->flow, 0, flows - 1},
      {"size", p->size ? p->size : least, least, 65535 - 255}};
  unsigned n = sizeof ranges / sizeof *ranges;
  if (outside(ranges, n, why, size)) return -EINVAL;
  if (!strategy || o->multipath != MTR_CLASSIC || p->flow == o->flow) return 0;
  snprintf(why, size, "multipath \"classic\" has no other flow than the "
           "trace's");
  return -EINVAL;
}

int check_probe_able(const struct trace *t, const struct mtr_probe_opts *p,
                     uint32_t caps, const char *name, char *why, size_t size) {
  if (caps & MTR_CAP_FLOW) return 0;
  const struct opts *o = t->opts;
  struct mtr_trace like = {.family = o->family, .protocol = o->protocol,
                           .multipath = o->multipath,
                           .flow_label = MTR_NO_LABEL, .size = p->size};
  if (p->flow != o->flow) like.flow = 1;
  return check_able(&like, caps, name, why, size);
}
