/* SPDX-License-Identifier: MIT */
#include "api/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_MAX = 65000 };

int payload_keep(struct payloads *p, const uint8_t *bytes, uint32_t size) {
  if (!size) return 0;
  if (size > PAYLOAD_MAX) return -EMSGSIZE;
  for (uint32_t i = 0; i < p->count; i++)
    if (p->list[i].size == size &&
        !memcmp(p->list[i].bytes, bytes, size))
      return (int)i + 1;
  size_t room = (p->count + 1) * sizeof *p->list;
  void *list = realloc(p->list, room);
  if (!list) return -ENOMEM;
  p->list = list;
  uint8_t *copy = malloc(size);
  if (!copy) return -ENOMEM;
  memcpy(copy, bytes, size);
  p->list[p->count++] = (struct payload){copy, size};
  return (int)p->count;
}

void payload_close(struct payloads *p) {
  for (uint32_t i = 0; i < p->count; i++) free(p->list[i].bytes);
  free(p->list);
}
