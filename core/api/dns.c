/* SPDX-License-Identifier: MIT
 *
 * Names and addresses: what looks them up, and where; and the labels that the
 * caller makes of what was found.
 */
#include <errno.h>
#include <string.h>

#include "api/engine.h"
#include "loop/channel.h"
#include "loop/query.h"
#include "loop/resolve.h"

int mtr_resolve(struct mtr *m, const char *name, uint32_t family,
                uint32_t cookie) {
  if (engine_forked(m)) return -ECHILD;
  int err = resolve_start(&m->loop, name, family, cookie);
  loop_arm(&m->loop);
  return err;
}

void mtr_dns_defaults(struct mtr_dns *dns) { *dns = (struct mtr_dns){0}; }

int mtr_dns_use(struct mtr *m, const struct mtr_dns *dns) {
  if (engine_forked(m)) return -ECHILD;
  int err = channel_config(&m->loop, dns);
  loop_arm(&m->loop);
  return err;
}

int mtr_reverse(struct mtr *m, const uint8_t *addr, uint32_t family,
                uint32_t cookie) {
  if (engine_forked(m)) return -ECHILD;
  int err = query_reverse(&m->loop, addr, family, cookie);
  loop_arm(&m->loop);
  return err;
}

int mtr_text(struct mtr *m, const char *name, uint32_t cookie) {
  if (engine_forked(m)) return -ECHILD;
  int err = query_text(&m->loop, name, cookie);
  loop_arm(&m->loop);
  return err;
}

int mtr_label(struct mtr *m, const uint8_t *addr, uint32_t family,
              const char *text, uint32_t size) {
  if ((family != 4 && family != 6) || size > MTR_LABEL) return -EINVAL;
  return label_set(&m->labels, addr, family, text, size);
}

int mtr_unlabelled(struct mtr *m, uint32_t handle, uint8_t *addr,
                   uint8_t *family, uint32_t n) {
  const struct trace *trace = engine_trace(m, handle);
  const struct cells *cells = &m->loop.core.cells;
  const struct cell *cell;
  uint32_t at = SLAB_NONE, found = 0;
  if (!trace) return -ESTALE;
  struct replies *r = &m->replies;
  if (replies_reserve(r, 1)) return -ENOMEM;
  while (found < n && (cell = cells_next(cells, &trace->cells, &at))) {
    struct mtr_event *e = r->events;
    cells_event(cells, cell, e, r->ext);
    if (!e->family || e->flags & MTR_REPLY_FINAL ||
        label_find(&m->labels, e->addr, e->family))
      continue;
    if (label_set(&m->labels, e->addr, e->family, NULL, 0)) return -ENOMEM;
    memcpy(addr + 16 * found, e->addr, 16);
    family[found++] = e->family;
  }
  return (int)found;
}
