/* SPDX-License-Identifier: MIT
 *
 * fail.c: a library that stands before the C library and makes the Nth call
 * fail. A program that is linked with it says which (fail.h); another one is
 * told by LD_PRELOAD and the variable FAIL, "KIND N" or "KIND N MORE", such as
 * "memory 12". Only calls of the process that was told count, not those of its
 * children. What the C library calls within itself is out of reach.
 */
#include "fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* The allocator of the C library, below the names that this file takes. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);
void __libc_free(void *at);

static struct fail alone, *state;
static pid_t self;       /* getpid() would be a system call for each */
static __thread int noting;  /* 1: what note() itself calls is not counted */

/* The state, if calls of this thread count. */
static struct fail *counting(void) {
  struct fail *f = state;
  return f && f->owner == self && !noting ? f : NULL;
}

static void forked(void) { self = getpid(); }

void fail_use(struct fail *f) {
  state = NULL;
  self = getpid();
  if (f) f->owner = self;
  state = f;
}

uint32_t fail_name(const char *word) {
  static const char *const words[] = {"nothing", "memory", "system",
                                      "interrupt", "budget"};
  for (uint32_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(word, words[i])) return i;
  return FAIL_NOTHING;
}

__attribute__((constructor)) static void begin(void) {
  const char *plan = getenv("FAIL");
  char word[16] = "";
  pthread_atfork(NULL, NULL, forked);
  if (!plan || sscanf(plan, "%15s %u %u", word, &alone.at, &alone.more) < 2)
    return;
  alone.kind = fail_name(word);
  unsetenv("FAIL");                    /* not for programs that it starts */
  fail_use(&alone);
}

static void note(struct fail *f, const char *call, void *from) {
  Dl_info info = {0};
  noting = 1;
  snprintf(f->call, sizeof f->call, "%s", call);
  if (dladdr(from, &info) && info.dli_fname) {
    const char *slash = strrchr(info.dli_fname, '/');
    snprintf(f->library, sizeof f->library, "%s",
             slash ? slash + 1 : info.dli_fname);
    snprintf(f->symbol, sizeof f->symbol, "%s",
             info.dli_sname ? info.dli_sname : "");
    f->offset = (uint64_t)((char *)from - (char *)info.dli_fbase);
  }
  noting = 0;
}

/* Notes that the call has failed, if it is the first. */
static int failed(struct fail *f, const char *call, void *from) {
  if (!f->failed++) note(f, call, from);
  return 1;
}

/* Counts a call; returns 1 if it must fail. */
static int due(uint32_t kind, const char *call, void *from) {
  struct fail *f = counting();
  if (!f || f->kind != kind) return 0;
  uint32_t n = __atomic_add_fetch(&f->count, 1, __ATOMIC_RELAXED);
  if (n < f->at || n - f->at > f->more) return 0;
  return failed(f, call, from);
}

static void blocks(int64_t more, int64_t bytes) {
  struct fail *f = counting();
  if (!f) return;
  __atomic_add_fetch(&f->blocks, more, __ATOMIC_RELAXED);
  __atomic_add_fetch(&f->bytes, bytes, __ATOMIC_RELAXED);
}

static void mapped(int64_t more) {
  struct fail *f = counting();
  if (f) __atomic_add_fetch(&f->mapped, more, __ATOMIC_RELAXED);
}

#define FROM __builtin_return_address(0)

/* Is there no memory for |more| bytes? Always sets errno then. */
static int no_memory(const char *call, size_t more, void *from) {
  struct fail *f = counting();
  int none = 0;
  if (f && f->kind == FAIL_BUDGET) {
    none = f->bytes + f->mapped + (int64_t)more > (int64_t)f->at;
    if (none) failed(f, call, from);
  } else {
    none = due(FAIL_MEMORY, call, from);
  }
  if (none) errno = ENOMEM;
  return none;
}

static int64_t size_of(void *at) {
  return at ? (int64_t)malloc_usable_size(at) : 0;
}

void *malloc(size_t size) {
  if (no_memory("malloc", size, FROM)) return NULL;
  void *at = __libc_malloc(size);
  if (at) blocks(1, size_of(at));
  return at;
}

void *calloc(size_t n, size_t size) {
  if (no_memory("calloc", n * size, FROM)) return NULL;
  void *at = __libc_calloc(n, size);
  if (at) blocks(1, size_of(at));
  return at;
}

void *realloc(void *old, size_t size) {
  int64_t before = size_of(old);
  size_t more = size > (size_t)before ? size - (size_t)before : 0;
  if (no_memory("realloc", more, FROM)) return NULL;
  void *at = __libc_realloc(old, size);
  if (at || !size) blocks((at != NULL) - (old != NULL), size_of(at) - before);
  return at;
}

void free(void *at) {
  if (at) blocks(-1, -size_of(at));
  __libc_free(at);
}

char *strdup(const char *text) {
  size_t size = strlen(text) + 1;
  if (no_memory("strdup", size, FROM)) return NULL;
  char *at = __libc_malloc(size);
  if (!at) return NULL;
  blocks(1, size_of(at));
  return memcpy(at, text, size);
}

/* The next definition of a function, of the same type as it. */
#define REAL(name)                                     \
  static __typeof__(&name) real;                       \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

void *mmap(void *at, size_t size, int rights, int flags, int fd, off_t from) {
  REAL(mmap);
  if (no_memory("mmap", size, FROM)) return MAP_FAILED;
  void *map = real(at, size, rights, flags, fd, from);
  if (map != MAP_FAILED) mapped((int64_t)size);
  return map;
}

int munmap(void *at, size_t size) {
  REAL(munmap);
  int err = real(at, size);
  if (!err) mapped(-(int64_t)size);
  return err;
}

/* Has the call failed? |likely| is its error; |slow|: it can be interrupted. */
static int fails(const char *call, int likely, int slow, void *from) {
  int interrupted = slow && due(FAIL_INTERRUPT, call, from);
  if (!interrupted && !due(FAIL_SYSTEM, call, from)) return 0;
  errno = interrupted ? EINTR : likely;
  return 1;
}

/* CALL defines a function that fails with -1 in its turn. */
#define CALL(type, name, likely, slow, takes, gives) \
  type name takes {                                  \
    REAL(name);                                      \
    if (fails(#name, likely, slow, FROM)) return -1; \
    return real gives;                               \
  }

CALL(int, socket, EMFILE, 0, (int a, int b, int c), (a, b, c))
CALL(int, socketpair, EMFILE, 0, (int a, int b, int c, int d[2]), (a, b, c, d))
CALL(int, pipe2, EMFILE, 0, (int d[2], int flags), (d, flags))
CALL(int, pipe, EMFILE, 0, (int d[2]), (d))
CALL(int, bind, EADDRNOTAVAIL, 0,
     (int fd, const struct sockaddr *at, socklen_t n), (fd, at, n))
CALL(int, connect, ENETUNREACH, 0,
     (int fd, const struct sockaddr *at, socklen_t n), (fd, at, n))
CALL(int, listen, EADDRINUSE, 0, (int fd, int n), (fd, n))
CALL(int, accept4, EMFILE, 1,
     (int fd, struct sockaddr *at, socklen_t *n, int flags),
     (fd, at, n, flags))
CALL(int, getsockname, ENOBUFS, 0,
     (int fd, struct sockaddr *at, socklen_t *n), (fd, at, n))
CALL(int, setsockopt, ENOMEM, 0,
     (int fd, int level, int what, const void *value, socklen_t n),
     (fd, level, what, value, n))
CALL(int, getsockopt, ENOBUFS, 0,
     (int fd, int level, int what, void *value, socklen_t *n),
     (fd, level, what, value, n))
CALL(ssize_t, send, ENOBUFS, 1, (int fd, const void *at, size_t n, int flags),
     (fd, at, n, flags))
CALL(ssize_t, sendto, ENOBUFS, 1,
     (int fd, const void *at, size_t n, int flags, const struct sockaddr *to,
      socklen_t size), (fd, at, n, flags, to, size))
CALL(ssize_t, sendmsg, ENOBUFS, 1,
     (int fd, const struct msghdr *m, int flags), (fd, m, flags))
CALL(int, sendmmsg, ENOBUFS, 1,
     (int fd, struct mmsghdr *m, unsigned n, int flags), (fd, m, n, flags))
CALL(ssize_t, recv, ENOMEM, 1, (int fd, void *at, size_t n, int flags),
     (fd, at, n, flags))
CALL(ssize_t, recvfrom, ENOMEM, 1,
     (int fd, void *at, size_t n, int flags, struct sockaddr *from,
      socklen_t *size), (fd, at, n, flags, from, size))
CALL(ssize_t, recvmsg, ENOMEM, 1, (int fd, struct msghdr *m, int flags),
     (fd, m, flags))
CALL(int, recvmmsg, ENOMEM, 1,
     (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *most),
     (fd, m, n, flags, most))
CALL(int, epoll_create1, EMFILE, 0, (int flags), (flags))
CALL(int, eventfd, EMFILE, 0, (unsigned n, int flags), (n, flags))
CALL(int, timerfd_create, EMFILE, 0, (int clock, int flags), (clock, flags))
CALL(int, poll, ENOMEM, 1, (struct pollfd *v, nfds_t n, int ms), (v, n, ms))
CALL(int, ppoll, ENOMEM, 1,
     (struct pollfd *v, nfds_t n, const struct timespec *most,
      const sigset_t *mask), (v, n, most, mask))
CALL(int, madvise, EINVAL, 0, (void *at, size_t n, int what), (at, n, what))
CALL(ssize_t, getrandom, EINTR, 0, (void *at, size_t n, unsigned flags),
     (at, n, flags))
CALL(pid_t, fork, EAGAIN, 0, (void), ())
CALL(int, fsync, EIO, 1, (int fd), (fd))
CALL(int, ftruncate, EFBIG, 1, (int fd, off_t n), (fd, n))
CALL(int, rename, ENOSPC, 0, (const char *a, const char *b), (a, b))

/* Only to add a descriptor that is not in the set takes memory. */
int epoll_ctl(int fd, int what, int of, struct epoll_event *e) {
  REAL(epoll_ctl);
  int err = real(fd, what, of, e);
  if (err || what != EPOLL_CTL_ADD) return err;
  if (!fails("epoll_ctl", ENOSPC, 0, FROM)) return 0;
  real(fd, EPOLL_CTL_DEL, of, NULL);
  errno = ENOSPC;
  return -1;
}

/* Is |fd| an eventfd? The kernel lets no read or write of one fail. */
static int is_event(int fd) {
  char path[32], name[32];
  if (!counting()) return 0;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(path, name, sizeof name);
  return n > 0 && !memcmp(name, "anon_inode:[eventfd]", (size_t)n);
}

ssize_t read(int fd, void *at, size_t n) {
  REAL(read);
  if (!is_event(fd) && fails("read", EIO, 1, FROM)) return -1;
  return real(fd, at, n);
}

ssize_t write(int fd, const void *at, size_t n) {
  REAL(write);
  if (!is_event(fd) && fails("write", ENOSPC, 1, FROM)) return -1;
  return real(fd, at, n);
}

int epoll_pwait(int fd, struct epoll_event *e, int n, int ms,
                const sigset_t *mask) {
  REAL(epoll_pwait);
  if (due(FAIL_INTERRUPT, "epoll_pwait", FROM)) {
    errno = EINTR;
    return -1;
  }
  return real(fd, e, n, ms, mask);
}

int open(const char *path, int flags, ...) {
  REAL(open);
  va_list list;
  va_start(list, flags);
  mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
  va_end(list);
  if (fails("open", EMFILE, 1, FROM)) return -1;
  return real(path, flags, mode);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how,
                   void *(*run)(void *), void *arg) {
  REAL(pthread_create);
  if (due(FAIL_SYSTEM, "pthread_create", FROM)) return EAGAIN;
  return real(thread, how, run, arg);
}
