/* SPDX-License-Identifier: MIT
 *
 * bytes.h: a bounded cursor for reading all received bytes, and functions that
 * write the bytes to send. A read past the end yields zero and marks the cursor
 * bad. The caller checks once, at the end or before it uses a length. Nothing
 * here knows what the bytes mean.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
  const uint8_t *p;      /* next byte */
  const uint8_t *end;    /* one past the last */
  int bad;               /* 1 after a read past the end */
};

/* bytes_of: returns a cursor over |p|[|n|], which must outlive it. */
static inline struct bytes bytes_of(const uint8_t *p, size_t n) {
  return (struct bytes){p, p + n, 0};
}

/* bytes_left: returns how many bytes remain. */
static inline size_t bytes_left(const struct bytes *b) {
  return (size_t)(b->end - b->p);
}

/* bytes_take: returns the next |n| bytes, borrowed. If there are fewer, returns
 * NULL and marks the cursor bad. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n) {
  const uint8_t *p = b->p;
  if (n > bytes_left(b)) {
    b->p = b->end;
    b->bad = 1;
    return NULL;
  }
  b->p += n;
  return p;
}

/* bytes_u8, bytes_u16, bytes_u32: read a number in network order. */
static inline uint8_t bytes_u8(struct bytes *b) {
  const uint8_t *p = bytes_take(b, 1);
  return p ? *p : 0;
}

static inline uint16_t bytes_u16(struct bytes *b) {
  const uint8_t *p = bytes_take(b, 2);
  return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

static inline uint32_t bytes_u32(struct bytes *b) {
  const uint8_t *p = bytes_take(b, 4);
  return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
                 (uint32_t)p[2] << 8 | p[3]
           : 0;
}

/* bytes_le: reads a number of |n| (1..8) bytes in little-endian order, which
 * recordings use. */
static inline uint64_t bytes_le(struct bytes *b, unsigned n) {
  const uint8_t *p = bytes_take(b, n);
  uint64_t v = 0;
  for (unsigned i = n; p && i > 0; i--) v = v << 8 | p[i - 1];
  return v;
}

/* put_u8, put_u16, put_u32: write a number in network order and return the byte
 * after it. */
static inline uint8_t *put_u8(uint8_t *p, unsigned v) {
  *p = (uint8_t)v;
  return p + 1;
}

static inline uint8_t *put_u16(uint8_t *p, unsigned v) {
  p[0] = (uint8_t)(v >> 8);
  p[1] = (uint8_t)v;
  return p + 2;
}

static inline uint8_t *put_u32(uint8_t *p, uint32_t v) {
  return put_u16(put_u16(p, v >> 16), v & 0xffff);
}

/* put_le: writes a number that bytes_le can read. */
static inline uint8_t *put_le(uint8_t *p, uint64_t v, unsigned n) {
  for (unsigned i = 0; i < n; i++) p[i] = (uint8_t)(v >> 8 * i);
  return p + n;
}

/* put_bytes: copies |n| bytes and returns the byte after them. */
static inline uint8_t *put_bytes(uint8_t *p, const void *from, size_t n) {
  if (n) memcpy(p, from, n);
  return p + n;
}

#endif
