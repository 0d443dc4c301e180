/* SPDX-License-Identifier: MIT */
#include "loop/idna.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The type of idn2_lookup_u8 in <idn2.h>; it returns 0 (IDN2_OK) on success. It
 * needs no flags: since 2.0.5, the default of libidn2 is the non-transitional
 * mapping of UTS 46. */
typedef int idna_lookup(const uint8_t *name, uint8_t **out, int flags);

static int is_ascii(const char *name) {
  for (; *name; name++)
    if ((unsigned char)*name > 127) return 0;
  return 1;
}

static int copy(const char *name, char *out, size_t size) {
  size_t n = strlen(name);
  if (n >= size) return -EINVAL;
  memcpy(out, name, n + 1);
  return 0;
}

/* Finds the function. The library is never unloaded; glibc also keeps it loaded
 * for AI_IDN. */
static idna_lookup *find(void) {
  void *library = dlopen("libidn2.so.0", RTLD_NOW | RTLD_LOCAL);
  idna_lookup *lookup = NULL;
  if (library) *(void **)&lookup = dlsym(library, "idn2_lookup_u8");
  return lookup;
}

int idna_ascii(const char *name, char *out, size_t size) {
  if (is_ascii(name)) return copy(name, out, size);
  idna_lookup *lookup = find();
  if (!lookup) return -ELIBACC;
  uint8_t *text = NULL;
  if (lookup((const uint8_t *)name, &text, 0)) return -EINVAL;
  int err = copy((const char *)text, out, size);
  free(text);
  return err;
}
