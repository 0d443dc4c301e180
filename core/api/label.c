/* SPDX-License-Identifier: MIT
 *
 * Open addressing: at most half of the places are taken. Nothing is removed but
 * all at once, which happens when the table is full: then what is still needed
 * comes again.
 */
#include "api/label.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 1024, MOST = 1 << 21 /* places */ };

static uint32_t place_of(const struct labels *t, const uint8_t *addr,
                         unsigned family) {
  uint64_t high, low;
  memcpy(&high, addr, 8);
  memcpy(&low, addr + 8, 8);
  uint64_t h = (high ^ low * 0x9e3779b97f4a7c15u ^ family) *
               0xbf58476d1ce4e5b9u;
  return (uint32_t)(h >> 32) & (t->room - 1);
}

/* Returns the place of |addr|, or the free one where it would be. */
static struct label *look(const struct labels *t, const uint8_t *addr,
                          unsigned family) {
  uint32_t i = place_of(t, addr, family);
  while (t->all[i].family && (t->all[i].family != family ||
                              memcmp(t->all[i].addr, addr, 16)))
    i = (i + 1) & (t->room - 1);
  return &t->all[i];
}

const struct label *label_find(const struct labels *t, const uint8_t *addr,
                               unsigned family) {
  if (!t->room) return NULL;
  const struct label *found = look(t, addr, family);
  return found->family ? found : NULL;
}

void label_clear(struct labels *t) {
  for (uint32_t i = 0; i < t->room; i++) free(t->all[i].text);
  free(t->all);
  *t = (struct labels){0};
}

static int grow(struct labels *t) {
  if (t->room == MOST) label_clear(t);
  struct labels more = {.room = t->room ? t->room * 2 : FIRST};
  more.all = calloc(more.room, sizeof *more.all);
  if (!more.all) return -ENOMEM;
  for (uint32_t i = 0; i < t->room; i++)
    if (t->all[i].family)
      *look(&more, t->all[i].addr, t->all[i].family) = t->all[i];
  more.count = t->count;
  free(t->all);
  *t = more;
  return 0;
}

int label_set(struct labels *t, const uint8_t *addr, unsigned family,
              const char *text, uint32_t size) {
  char *copy = NULL;
  if (size && !(copy = malloc(size))) return -ENOMEM;
  if (size) memcpy(copy, text, size);
  if (t->count >= t->room / 2 && grow(t)) {
    free(copy);
    return -ENOMEM;
  }
  struct label *l = look(t, addr, family);
  if (!l->family) {
    memcpy(l->addr, addr, 16);
    l->family = (uint8_t)family;
    t->count++;
  }
  free(l->text);
  l->text = copy;
  l->size = size;
  return 0;
}
