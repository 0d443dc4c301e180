/* SPDX-License-Identifier: MIT
 *
 * malloc_count: a library to preload that counts allocations, so that a bench
 * can report "none" instead of guessing from RSS. It counts every call and
 * passes it on to the C library; it does not count frees. It sees calls through
 * the dynamic linker: those of libmtr, libuv and other users of libc, and the
 * mmap calls by which LuaJIT gets memory for its heap.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HEAP, MAPS, KINDS };

static unsigned long counts[KINDS];

/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

/* malloc_count: calls so far; |which|: 0 of malloc and its kin, 1 of mmap. */
unsigned long malloc_count(int which);

static void count(int kind) {
  __atomic_fetch_add(&counts[kind], 1, __ATOMIC_RELAXED);
}

unsigned long malloc_count(int which) {
  return which >= 0 && which < KINDS ? counts[which] : 0;
}

void *malloc(size_t size) {
  count(HEAP);
  return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
  count(HEAP);
  return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size) {
  count(HEAP);
  return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count(HEAP);
  return __libc_memalign(alignment, size);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd,
           off_t offset) {
  count(MAPS);
  return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

/* mmap64: the name by which programs with large files, LuaJIT, call it. */
void *mmap64(void *at, size_t size, int protection, int flags, int fd,
             off64_t offset) {
  return mmap(at, size, protection, flags, fd, offset);
}

void *mremap(void *at, size_t before, size_t size, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  void *to = flags & MREMAP_FIXED ? va_arg(rest, void *) : NULL;
  va_end(rest);
  count(MAPS);
  return (void *)syscall(SYS_mremap, at, before, size, flags, to);
}
