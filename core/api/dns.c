/* SPDX-License-Identifier: MIT
 *
 * Names and addresses: what looks them up, and where.
 */
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
