/* SPDX-License-Identifier: MIT
 *
 * replay_find.c: a slot of the hash table always belongs to the same key. It
 * has the entry that the next request with this key gets.
 */
#include "net/tape/replay_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t *slot_of(const struct replay_file *f, uint64_t key) {
  uint32_t i = (uint32_t)(key >> 32) & f->mask;
  while (f->slots[i] != REPLAY_NONE && f->entries[f->slots[i]].key != key)
    i = (i + 1) & f->mask;
  return &f->slots[i];
}

struct replay_entry *replay_find(struct replay_file *f, uint64_t key, int once,
                                 int take) {
  uint32_t *slot = slot_of(f, key);
  if (*slot == REPLAY_NONE) return NULL;
  struct replay_entry *e = &f->entries[*slot];
  if (e->used && once) return NULL;
  if (!take) return e;
  e->used = 1;
  if (e->next != REPLAY_NONE) *slot = e->next;
  return e;
}

int replay_hash(struct replay_file *f) {
  uint32_t size = 16;
  while (size < f->entry_count * 2ull) size *= 2;
  f->mask = size - 1;
  f->slots = malloc(size * sizeof *f->slots);
  if (!f->slots) return -ENOMEM;
  memset(f->slots, 0xff, size * sizeof *f->slots);
  for (uint32_t i = f->entry_count; i > 0; i--) {
    uint32_t *slot = slot_of(f, f->entries[i - 1].key);
    f->entries[i - 1].next = *slot;
    *slot = i - 1;
  }
  return 0;
}

struct bytes replay_body(const struct replay_file *f, uint64_t body) {
  const uint8_t *p = f->bytes + body;
  struct bytes frame = bytes_of(p - TAPE_FRAME - 1, 2);
  return bytes_of(p, bytes_le(&frame, 2) - 1);
}
