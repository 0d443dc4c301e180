/* SPDX-License-Identifier: MIT
 *
 * replay_file.c: all records are checked when the index is made, so that later
 * reads need no checks.
 */
#include "net/tape/replay_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/tape/replay_find.h"
#include "net/tape/replay_key.h"
#include "net/tape/replay_link.h"

enum { APART_NS = 1000000000 };        /* most between a stamp and its tick */
static const int64_t most = 8ll << 30; /* bytes: record counts fit 32 bits */

static int is_near(int64_t at, int64_t tick, int64_t before) {
  return at - tick <= APART_NS && tick - at <= before;
}

static int check_send(const struct tape_send *s, int64_t tick) {
  return s->sent.at < 0 || !is_near(s->sent.at, tick, APART_NS) ||
                 (s->probe.family != 4 && s->probe.family != 6)
             ? -EBADMSG : 0;
}

static int add(struct replay_file *f, int kind, struct bytes body,
               struct replay_tick *now) {
  union {
    struct tape_tick tick;
    struct tape_send send;
    struct wire_reply reply;
    struct tape_route route;
    struct tape_port port;
    struct tape_loss loss;
    struct tape_name name;
  } u;
  uint64_t at = (uint64_t)(body.p - f->bytes), key = 0;
  int err;
  switch (kind) {
  case TAPE_TICK:
    err = tape_take_tick(&body, &u.tick);
    if (err || u.tick.at < now->at || u.tick.at > INT64_MAX / 4)
      return -EBADMSG;
    *now = (struct replay_tick){u.tick.at, u.tick.call};
    if (f->ticks) f->ticks[f->tick_count] = *now;
    f->tick_count++;
    return 0;
  case TAPE_REPLY: case TAPE_LOSS:     /* may be older than its tick */
    err = kind == TAPE_LOSS ? tape_take_loss(&body, &u.loss)
                            : tape_take_reply(&body, &u.reply);
    if (kind == TAPE_REPLY && !err &&
        (u.reply.at < 0 || !is_near(u.reply.at, now->at, INT64_MAX)))
      err = -EBADMSG;
    if (f->replies)
      f->replies[f->reply_count] = (struct replay_reply){
          at, now->at, REPLAY_NONE, REPLAY_NONE};
    f->reply_count++;
    return err;
  case TAPE_SEND:
    err = tape_take_send(&body, &u.send);
    if (!err) err = check_send(&u.send, now->at);
    if (!err) key = replay_key_send(&u.send.probe, u.send.payload);
    break;
  case TAPE_ROUTE:
    err = tape_take_route(&body, &u.route);
    if (!err) key = replay_key_route(&u.route.ask);
    break;
  case TAPE_PORT:
    err = tape_take_port(&body, &u.port);
    if (!err) key = replay_key_port(u.port.protocol, u.port.port);
    break;
  case TAPE_NAME:
    err = tape_take_name(&body, &u.name);
    if (!err) key = replay_key_name(u.name.name, u.name.family);
    break;
  default:
    return -EBADMSG;                   /* a second HEAD */
  }
  if (f->entries)
    f->entries[f->entry_count] = (struct replay_entry){
        .key = key, .body = at, .tick = now->at, .next = REPLAY_NONE,
        .replies = REPLAY_NONE, .kind = (uint8_t)kind};
  f->entry_count++;
  return err;
}

static int refuse(int err, const char *text, char *why, size_t size) {
  snprintf(why, size, "%s", text);
  return err;
}

/* Reads all records. Enters them in the index if that has memory already, and
 * otherwise only counts them. */
static int scan(struct replay_file *f, char *why, size_t size) {
  struct bytes file = bytes_of(f->bytes, f->size), body;
  struct replay_tick now = {.at = 0};
  struct tape_end end = {0};
  uint64_t records = 1;
  uint32_t version;
  int err = tape_begin(&file, &version), kind;
  if (err == -ENOMSG)
    return refuse(err, "it is not a recording of mtrlua", why, size);
  if (err) {
    snprintf(why, size, "it is a recording of version %u, and this mtrlua "
             "reads version %u", version, TAPE_VERSION);
    return err;
  }
  kind = tape_next(&file, &body);
  if (kind != TAPE_HEAD || tape_take_head(&body, &f->head) ||
      f->head.at < 0 || f->head.at > INT64_MAX / 4 || f->head.epoch < 0 ||
      f->head.epoch > INT64_MAX / 2)
    return refuse(-EBADMSG, "it is cut off or damaged at its head", why, size);
  now.at = f->head.at;
  f->entry_count = f->reply_count = f->tick_count = 0;
  while ((kind = tape_next(&file, &body)) > 0 && kind != TAPE_END) {
    if ((err = add(f, kind, body, &now))) break;
    records++;
  }
  if (!err && !kind)
    return refuse(-EBADMSG, "it is cut off: the run that wrote it did not end "
                  "properly, or its disk was full", why, size);
  if (err || kind != TAPE_END || tape_take_end(&body, &end) ||
      end.records != records || bytes_left(&file)) {
    snprintf(why, size, "it is cut off or damaged behind record %llu",
             (unsigned long long)records);
    return -EBADMSG;
  }
  return 0;
}

int replay_index(struct replay_file *f, char *why, size_t size) {
  int err = scan(f, why, size);
  if (err) return err;
  f->entries = calloc(f->entry_count + 1u, sizeof *f->entries);
  f->replies = calloc(f->reply_count + 1u, sizeof *f->replies);
  f->ticks = calloc(f->tick_count + 1u, sizeof *f->ticks);
  if (!f->entries || !f->replies || !f->ticks) return -ENOMEM;
  if ((err = scan(f, why, size)) || (err = replay_hash(f))) return err;
  return replay_link(f);
}

static int read_all(int fd, uint8_t *p, size_t n) {
  while (n) {
    ssize_t k = read(fd, p, n);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return k ? -errno : -EBADMSG;
    p += k;
    n -= (size_t)k;
  }
  return 0;
}

static int read_file(struct replay_file *f, const char *path) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return -errno;
  int err = fstat(fd, &st) ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
  if (!err && st.st_size > most) err = -EFBIG;
  if (!err) {
    f->size = (size_t)st.st_size;
    f->bytes = malloc(f->size + 1);
    err = f->bytes ? read_all(fd, f->bytes, f->size) : -ENOMEM;
  }
  close(fd);
  return err;
}

int replay_load(struct replay_file *f, const char *path, char *why,
                size_t size) {
  memset(f, 0, sizeof *f);
  snprintf(why, size, "it cannot be read");
  int err = read_file(f, path);
  if (err == -EINVAL) snprintf(why, size, "it is not a regular file");
  if (!err) err = replay_index(f, why, size);
  if (err) replay_free(f);
  return err;
}

void replay_free(struct replay_file *f) {
  free(f->bytes);
  free(f->entries);
  free(f->replies);
  free(f->ticks);
  free(f->slots);
  memset(f, 0, sizeof *f);
}
