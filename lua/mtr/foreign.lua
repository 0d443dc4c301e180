-- SPDX-License-Identifier: MIT
--
-- Libraries of the system that are used if they are installed, and what is used of them. The names
-- are our own, because another module of the process may declare the same functions. `mark` is a
-- type that `cdef` declares. core/puc/declare.lua reads this file too.

return {
  -- From zlib.h of zlib 1.2.
  zlib = {
    file = "libz.so.1", mark = "struct mtr_z_stream",
    cdef = [[
struct mtr_z_stream {
  const uint8_t *next_in; unsigned avail_in; unsigned long total_in;
  uint8_t *next_out; unsigned avail_out; unsigned long total_out;
  const char *msg; void *state, *zalloc, *zfree, *opaque;
  int data_type; unsigned long adler, reserved;
};
const char *mtr_z_version(void) __asm__("zlibVersion");
int mtr_z_deflate_init(struct mtr_z_stream *, int level, int method, int window, int memory,
  int strategy, const char *version, int bytes) __asm__("deflateInit2_");
unsigned long mtr_z_deflate_bound(struct mtr_z_stream *, unsigned long) __asm__("deflateBound");
int mtr_z_deflate(struct mtr_z_stream *, int flush) __asm__("deflate");
int mtr_z_deflate_reset(struct mtr_z_stream *) __asm__("deflateReset");
int mtr_z_deflate_end(struct mtr_z_stream *) __asm__("deflateEnd");
int mtr_z_inflate_init(struct mtr_z_stream *, int window, const char *version,
  int bytes) __asm__("inflateInit2_");
int mtr_z_inflate(struct mtr_z_stream *, int flush) __asm__("inflate");
int mtr_z_inflate_reset(struct mtr_z_stream *) __asm__("inflateReset");
int mtr_z_inflate_end(struct mtr_z_stream *) __asm__("inflateEnd");
]],
  },
  -- From sqlite3.h of SQLite 3.
  sqlite = {
    file = "libsqlite3.so.0", mark = "mtr_sqlite",
    cdef = [[
typedef struct mtr_sqlite mtr_sqlite;
typedef struct mtr_sqlite_statement mtr_sqlite_statement;
int mtr_sqlite_open(const char *, mtr_sqlite **, int flags, const char *vfs)
  __asm__("sqlite3_open_v2");
int mtr_sqlite_close(mtr_sqlite *) __asm__("sqlite3_close_v2");
int mtr_sqlite_busy_timeout(mtr_sqlite *, int ms) __asm__("sqlite3_busy_timeout");
const char *mtr_sqlite_errmsg(mtr_sqlite *) __asm__("sqlite3_errmsg");
int mtr_sqlite_prepare(mtr_sqlite *, const char *, int size, mtr_sqlite_statement **, const char **)
  __asm__("sqlite3_prepare_v2");
int mtr_sqlite_step(mtr_sqlite_statement *) __asm__("sqlite3_step");
int mtr_sqlite_reset(mtr_sqlite_statement *) __asm__("sqlite3_reset");
int mtr_sqlite_finalize(mtr_sqlite_statement *) __asm__("sqlite3_finalize");
int mtr_sqlite_bind_null(mtr_sqlite_statement *, int) __asm__("sqlite3_bind_null");
int mtr_sqlite_bind_double(mtr_sqlite_statement *, int, double) __asm__("sqlite3_bind_double");
int mtr_sqlite_bind_int64(mtr_sqlite_statement *, int, int64_t) __asm__("sqlite3_bind_int64");
int mtr_sqlite_bind_text(mtr_sqlite_statement *, int, const char *, int size, intptr_t)
  __asm__("sqlite3_bind_text");
double mtr_sqlite_column_double(mtr_sqlite_statement *, int) __asm__("sqlite3_column_double");
]],
  },
}
