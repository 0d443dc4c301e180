/* SPDX-License-Identifier: MIT
 *
 * The order matters: first the data that the file speaks of is on the disk,
 * then the new content under another name, then the name is changed, then the
 * directory is on the disk. The copy of the content and of the descriptors is
 * made at once, so the caller may change and close his.
 *
 * Wrong if two saves of one path are under way: they share the other name.
 */
#include "loop/save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/thread.h"

struct saving {
  struct loop *loop;
  struct saving *next;
  pthread_t thread;
  atomic_int over;       /* 1: |error| is known */
  int threaded;          /* 1: it has a thread */
  int error;             /* errno */
  uint32_t cookie, size;
  char *path, *beside;   /* the file, and its name until it is whole */
  char *bytes;
  uint32_t count;
  int fds[MTR_SAVE_FDS];
};

static void destroy(struct saving *s) {
  for (uint32_t i = 0; i < s->count; i++) close(s->fds[i]);
  free(s->path);
  free(s->beside);
  free(s->bytes);
  free(s);
}

/* Waits for the disk. Pipes and the like have none. */
static int sync_data(int fd) {
  return fdatasync(fd) && errno != EINVAL && errno != EROFS ? -errno : 0;
}

static int write_all(int fd, const char *bytes, uint32_t size) {
  for (uint32_t at = 0; at < size;) {
    ssize_t n = write(fd, bytes + at, size - at);
    if (n >= 0) at += (uint32_t)n;
    else if (errno != EINTR) return -errno;
  }
  return fsync(fd) ? -errno : 0;
}

static int write_beside(const struct saving *s) {
  int fd = open(s->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return -errno;
  int err = write_all(fd, s->bytes, s->size);
  if (close(fd) && !err) err = -errno;
  return err;
}

/* Waits until the disk has the new name. |beside| is changed. */
static int sync_directory(struct saving *s) {
  char *slash = strrchr(s->beside, '/');
  if (slash) slash[slash == s->beside] = 0;
  const char *directory = slash ? s->beside : ".";
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return 0;                /* it may not be readable */
  int err = fsync(fd) && errno != EINVAL ? -errno : 0;
  close(fd);
  return err;
}

static int save(struct saving *s) {
  struct stat old;
  int err = 0;
  if (!lstat(s->path, &old) && !S_ISREG(old.st_mode)) return -ENOTSUP;
  for (uint32_t i = 0; i < s->count && !err; i++) err = sync_data(s->fds[i]);
  if (!err) err = write_beside(s);
  if (!err && rename(s->beside, s->path)) err = -errno;
  if (!err) return sync_directory(s);
  unlink(s->beside);
  return err;
}

static void *run(void *arg) {
  struct saving *s = arg;
  s->error = -save(s);
  s->over = 1;
  uv_async_send(&s->loop->at_once);    /* open until the thread is joined */
  return NULL;
}

/* Saves in a thread; without one, at once. */
static void start(struct saving *s) {
  struct saving **end = &s->loop->saving;
  while (*end) end = &(*end)->next;
  *end = s;
  s->threaded = !thread_start(&s->thread, run, s);
  if (!s->threaded) run(s);
}

static struct saving *make(const char *path, const void *bytes,
                           uint32_t size) {
  struct saving *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  size_t length = strlen(path);
  s->size = size;
  s->path = strdup(path);
  s->beside = malloc(length + sizeof ".new");
  s->bytes = malloc(size + 1u);
  if (s->path && s->beside && s->bytes) {
    snprintf(s->beside, length + sizeof ".new", "%s.new", path);
    memcpy(s->bytes, bytes, size);
    return s;
  }
  destroy(s);
  return NULL;
}

int save_start(struct loop *l, const char *path, const void *bytes,
               uint32_t size, const int32_t *fds, uint32_t n,
               uint32_t cookie) {
  if (n > MTR_SAVE_FDS) return -EINVAL;
  struct saving *s = make(path, bytes, size);
  if (!s) return -ENOMEM;
  int err = 0;
  for (; s->count < n && !err; s->count++) {
    s->fds[s->count] = fcntl(fds[s->count], F_DUPFD_CLOEXEC, 0);
    if (s->fds[s->count] < 0) err = -errno;
  }
  if (err) s->count--;
  s->loop = l;
  s->cookie = cookie;
  if (l && !err) {
    start(s);
    return 0;
  }
  if (!err) err = save(s);
  destroy(s);
  return err;
}

int save_waiting(const struct loop *l) {
  const struct saving *s = l->saving;
  while (s && !s->over) s = s->next;
  return s != NULL;
}

/* Takes |*at| out of its list and frees it, when its thread has ended. */
static void end(struct saving **at, int forked) {
  struct saving *s = *at;
  *at = s->next;
  if (s->threaded && !forked) pthread_join(s->thread, NULL);
  destroy(s);
}

void save_report(struct loop *l) {
  struct saving **at = &l->saving;
  while (*at && events_room(&l->core)) {
    if (!(*at)->over) {
      at = &(*at)->next;
      continue;
    }
    struct mtr_event *ev = events_add(&l->core, MTR_EV_SAVED);
    ev->cookie = (*at)->cookie;
    ev->error = (uint8_t)(*at)->error;
    end(at, 0);
  }
}

void save_close(struct loop *l) {
  while (l->saving) end(&l->saving, l->net->forked);
}
