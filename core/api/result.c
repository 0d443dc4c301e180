/* SPDX-License-Identifier: MIT
 *
 * What a trace has found: struct mtr_info about the whole, and its replies as
 * events.
 */
#include <errno.h>
#include <string.h>

#include "api/engine.h"
#include "probe/identity.h"
#include "wire/build.h"

/* Clears what is not known of packets that mtr-packet or the kernel makes. */
static void admit(struct mtr_info *info, const struct trace *t, uint32_t caps) {
  const struct opts *o = t->opts;
  uint32_t ports = o->family == 6 ? MTR_CAP_PORTS6 : MTR_CAP_PORTS4;
  int payload = caps & MTR_CAP_PAYLOAD && o->protocol != MTR_TCP;
  if (!payload) info->size = t->size;
  info->flow_label = UINT32_MAX;
  if (o->protocol == MTR_ICMP && caps & MTR_CAP_CHECKSUM) return;
  info->icmp_sum = 0;
  if (o->protocol == MTR_UDP && o->multipath == MTR_PARIS && caps & ports)
    return;
  info->multipath = MTR_CLASSIC;
  info->source_port = 0;
}

int mtr_describe(struct mtr *m, uint32_t handle, struct mtr_info *info) {
  if (engine_forked(m)) return -ECHILD;
  const struct trace *t = engine_trace(m, handle);
  if (!t) return -ESTALE;
  const struct opts *o = t->opts;
  int size = wire_default_size(o->family, o->protocol, o->multipath,
                               o->payload_size);
  if (o->protocol == MTR_TCP && o->flags & MTR_TCP_ACK) size -= 4;
  int64_t end = t->state == TRACE_RUNNING ? clock_now(&m->loop) : t->at;
  *info = (struct mtr_info){
      .start = clock_unix(&m->loop, t->start),
      .duration = (double)(end - t->start) / 1e6,
      .probes = t->probes, .cookie = t->cookie,
      .flow_label = o->family == 6 ? identity_label(t, o->flow) : 0,
      .source_port = t->sport, .port = o->dport, .flow = o->flow,
      .size = t->size ? t->size : (uint16_t)size, .family = o->family,
      .protocol = o->protocol,
      .multipath = o->multipath, .first_ttl = o->first_ttl,
      .hop_count = t->settled, .stop_reason = t->stop,
      .stop_data = t->stop_data, .loops = t->loops,
      .timeout = (double)o->timeout / 1e6, .flags = o->flags,
      .max_ttl = o->max_ttl, .window = o->window, .queries = o->queries,
      .attempts = o->attempts, .gap_limit = o->gap_limit,
      .loop_limit = o->loop_limit, .tos = o->tos};
  if (o->protocol == MTR_ICMP && o->multipath == MTR_PARIS)
    info->icmp_sum = identity_dport(t, o->flow);
  if (o->flags & MTR_STRATEGY && t->extra->asked_size)
    info->size = t->extra->asked_size;
  memcpy(info->src, o->src, sizeof info->src);
  memcpy(info->dst, t->dst, sizeof info->dst);
  if (!(m->loop.net->caps & MTR_CAP_FLOW))
    admit(info, t, m->loop.net->caps);
  return 0;
}

int mtr_replies(struct mtr *m, uint32_t handle, uint32_t ttl,
                struct mtr_event *out, uint32_t n, uint8_t *ext,
                uint32_t size) {
  const struct core *c = &m->loop.core;
  const struct trace *t = engine_trace(m, handle);
  const struct cell *cell;
  uint32_t at = SLAB_NONE, k = 0, used = 0;
  struct missed missed[256] = {{0}};
  if (engine_forked(m)) return -ECHILD;
  if (!t) return -ESTALE;
  unsigned last = t->opts->flags & MTR_MANUAL ? 255 : t->settled;
  while ((cell = cells_next(&c->cells, &t->cells, &at))) {
    struct shape shape = cells_shape(&c->cells, cell);
    if (shape.ttl > last || (ttl && shape.ttl != ttl)) continue;
    if (!shape.family)
      cells_missed(cell, shape.icmp_code, &missed[shape.ttl]);
    if (!shape.family || k++ >= n) continue;
    struct mtr_event *ev = &out[k - 1];
    uint32_t bytes = shape.ext_words * 4u;
    *ev = (struct mtr_event){.kind = MTR_EV_REPLY, .trace = handle,
                             .cookie = t->cookie};
    int fits = ext && bytes <= size - used && used / 4 >> 24 == 0;
    cells_event(&c->cells, cell, ev, fits ? ext + used : NULL);
    ev->ext = (uint16_t)(used / 4);
    ev->ext_high = (uint8_t)(used / 4 >> 16);
    if (fits) used += bytes;
    else ev->ext_words = 0;
  }
  for (unsigned i = 1; i <= last; i++) {
    const struct missed *h = &missed[i];
    if ((!h->failed && !h->silent) || k++ >= n) continue;
    out[k - 1] = (struct mtr_event){
        .kind = MTR_EV_TIMEOUT, .ttl = (uint8_t)i, .trace = handle,
        .cookie = t->cookie, .error = h->error, .stop = h->failed,
        .attempt = h->silent};
  }
  return (int)k;
}
