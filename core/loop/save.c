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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct saving {
  uv_work_t work;
  struct loop *loop;
  struct saving *next;
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

static void in_thread(uv_work_t *work) {
  struct saving *s = work->data;
  s->error = -save(s);
}

static void on_saved(uv_work_t *work, int status) {
  struct saving *s = work->data, **end = &s->loop->saved;
  if (status) s->error = -status;
  while (*end) end = &(*end)->next;
  *end = s;
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
  if (l) l->threaded = 1;
  s->cookie = cookie;
  s->work.data = s;
  if (!err) err = l ? uv_queue_work(&l->uv, &s->work, in_thread, on_saved)
                    : save(s);
  if (err || !l) destroy(s);
  return err;
}

int save_waiting(const struct loop *l) { return l->saved != NULL; }

void save_report(struct loop *l) {
  struct saving *s;
  while ((s = l->saved) && events_room(&l->core)) {
    struct mtr_event *ev = events_add(&l->core, MTR_EV_SAVED);
    ev->cookie = s->cookie;
    ev->error = (uint8_t)s->error;
    l->saved = s->next;
    destroy(s);
  }
}

static void do_nothing(uv_work_t *work) { (void)work; }

void save_forked(void) {
  uv_loop_t uv;
  uv_work_t work;
  if (uv_loop_init(&uv)) return;
  if (!uv_queue_work(&uv, &work, do_nothing, NULL)) uv_run(&uv, UV_RUN_DEFAULT);
  uv_loop_close(&uv);
}

void save_free(struct loop *l) {
  struct saving *s;
  while ((s = l->saved)) {
    l->saved = s->next;
    destroy(s);
  }
}
