/* SPDX-License-Identifier: MIT
 *
 * Databases of addresses in MaxMind's format, read with libmaxminddb. It is
 * loaded for the first database and may be missing. The structs are those of
 * <maxminddb.h> 1.x, which have not changed since 1.0.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mtr.h"

enum {
  BYTES = 1024,          /* more than MMDB_s has */
  DEPTH = 8,             /* names in a path */
  FILE_OPEN = 1, IO = 4, OUT_OF_MEMORY = 5,                /* errors */
  STRING = 2, UINT16 = 5, UINT32 = 6, UINT64 = 9           /* types of data */
};

struct entry {           /* MMDB_entry_s */
  const void *mmdb;
  uint32_t offset;
};

struct result {          /* MMDB_lookup_result_s */
  uint8_t found;         /* a bool of the library, as is has_data */
  struct entry entry;
  uint16_t netmask;
};

struct data {            /* MMDB_entry_data_s */
  uint8_t has_data;
  union {
    const char *string;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    _Alignas(16) uint8_t u128[16];
  };
  uint32_t offset, next, size, type;
};

struct mtr_mmdb {
  void (*close)(void *mmdb);
  struct result (*lookup)(const void *mmdb, const struct sockaddr *addr,
                          int *error);
  int (*value)(struct entry *entry, struct data *data,
               const char *const *path);
  _Alignas(16) uint8_t mmdb[BYTES];
};

static int load(struct mtr_mmdb *db,
                int (**open)(const char *path, uint32_t flags, void *mmdb)) {
  void *library = dlopen("libmaxminddb.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) return -ELIBACC;
  *(void **)open = dlsym(library, "MMDB_open");
  *(void **)&db->close = dlsym(library, "MMDB_close");
  *(void **)&db->lookup = dlsym(library, "MMDB_lookup_sockaddr");
  *(void **)&db->value = dlsym(library, "MMDB_aget_value");
  return *open && db->close && db->lookup && db->value ? 0 : -ELIBACC;
}

int mtr_mmdb_open(const char *path, struct mtr_mmdb **out) {
  int (*open)(const char *, uint32_t, void *);
  *out = NULL;
  struct mtr_mmdb *db = calloc(1, sizeof *db);
  if (!db) return -ENOMEM;
  int err = load(db, &open), status = 0;
  errno = 0;
  if (!err && (status = open(path, 0, db->mmdb)))
    err = status == OUT_OF_MEMORY ? -ENOMEM
          : status != FILE_OPEN && status != IO ? -EBADMSG
          : errno == EINVAL ? -EBADMSG /* empty: it cannot be mapped */
                            : errno ? -errno : -EIO;
  if (err) free(db);
  else *out = db;
  return err;
}

void mtr_mmdb_close(struct mtr_mmdb *db) {
  if (!db) return;
  db->close(db->mmdb);
  free(db);
}

/* Writes a value as text; returns its length, or 0 if it is of another type. */
static int put(const struct data *d, char *out, uint32_t size) {
  int n = 0;
  if (d->type == STRING) {
    n = d->size < size ? (int)d->size : (int)size - 1;
    memcpy(out, d->string, (size_t)n);
    out[n] = 0;
  } else if (d->type == UINT16 || d->type == UINT32 || d->type == UINT64) {
    uint64_t value = d->type == UINT16   ? d->u16
                     : d->type == UINT32 ? d->u32 : d->u64;
    n = snprintf(out, size, "%llu", (unsigned long long)value);
  }
  return n;
}

int mtr_mmdb_find(struct mtr_mmdb *db, const uint8_t *addr, uint32_t family,
                  const char *path, char *out, uint32_t size,
                  uint32_t *length) {
  struct sockaddr_in in4 = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  const char *names[DEPTH + 1] = {0};
  char copy[256], *more;
  int error = 0, n = 0;
  if ((family != 4 && family != 6) || strlen(path) >= sizeof copy || !size)
    return -EINVAL;
  strcpy(copy, path);
  for (char *w = strtok_r(copy, ".", &more); w && n < DEPTH;
       w = strtok_r(NULL, ".", &more))
    names[n++] = w;
  memcpy(&in4.sin_addr, addr, 4);
  memcpy(&in6.sin6_addr, addr, 16);
  struct result r = db->lookup(
      db->mmdb, family == 4 ? (const struct sockaddr *)&in4
                            : (const struct sockaddr *)&in6, &error);
  if (error == 11) return 0;           /* IPv6, and it is for IPv4 only */
  if (error) return -EBADMSG;
  *length = r.netmask;
  if (family == 4 && *length > 32) *length = *length > 96 ? *length - 96 : 0;
  struct data d = {0};
  if (!r.found) return 0;
  error = db->value(&r.entry, &d, names);
  return error || !d.has_data ? 0 : put(&d, out, size);
}
