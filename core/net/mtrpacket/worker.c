/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/verify.h"

#define MS 1000000ll

enum {
  GREETING_MS = 2000,    /* time to answer a round of questions */
  SILENCE_MS = 50,       /* of silence, before we ask whether it is alive */
  SLACK_MS = 3000,       /* beyond its timeout, before an answer is overdue */
  BACKOFF_MS = 100,      /* before the first restart; doubles */
  BACKOFF_MOST_MS = 5000,
  FAILURES_MOST = 5,
  LIFE_MS = 10000,       /* a life this long clears the earlier failures */
  BAD_MOST = 1000,
  JUNK_MOST = 32 << 20,
  HEARD_MOST = 1 << 16,  /* bytes on standard error in one life */
  READS = 8,             /* in one worker_read */
  SKIPS = 16,            /* sequence numbers skipped for one probe at most */
  TOKENS = INT32_MAX,
  USUAL_PORT = 33434,    /* of UDP probes */
  SCTP = 132
};

static int is_port(const struct worker *w, unsigned number) {
  return w->ports[number / 8] >> number % 8 & 1;
}

static void use_port(struct worker *w, unsigned number) {
  w->ports[number / 8] |= (uint8_t)(1 << number % 8);
}

struct worker *worker_new(const char *path) {
  struct worker *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->slot = calloc(WORKER_SLOTS, sizeof *w->slot);
  w->path = path;
  w->starter = -1;
  w->child = (struct child){.in = -1, .in_end = -1, .out = -1, .err = -1};
  w->next = w->oldest = GREETING_TOKENS;
  use_port(w, USUAL_PORT);
  if (w->slot) return w;
  worker_free(w);
  return NULL;
}

void worker_free(struct worker *w) {
  if (!w) return;
  child_end(&w->child);
  free(w->slot);
  free(w);
}

int worker_start(struct worker *w, int64_t now) {
  int err = child_start_by(&w->child, w->path, w->starter);
  w->born_at = w->heard_at = now;
  if (err) return err;
  w->in_at = w->in_end = w->in;
  w->lines = (struct mtrp_lines){.used = 0};
  w->bad = 0;
  w->junk = 0;
  w->state = WORKER_GREETING;
  w->check_at = now + GREETING_MS * MS;
  w->pending = (size_t)greeting_start(&w->hello, w->hello.plain, w->buf,
                                      sizeof w->buf);
  worker_flush(w);
  return 0;
}

uint32_t worker_room(const struct worker *w, int stream) {
  if (w->state != WORKER_READY) return 0;
  uint32_t n = window_room(&w->window, w->out, w->streams, stream);
  uint32_t span = w->next - w->oldest;
  uint32_t lines = (uint32_t)(sizeof w->buf - w->pending) / WORKER_LINE;
  if (n > lines) n = lines;
  if (span >= WORKER_SPAN) return 0;
  return n > WORKER_SPAN - span ? WORKER_SPAN - span : n;
}

static struct answer_request *slot_of(const struct worker *w, uint32_t serial) {
  return &w->slot[serial & (WORKER_SLOTS - 1)];
}

static void release(struct worker *w, struct answer_request *s) {
  w->out--;
  w->streams -= s->stream;
  s->token = 0;
  while (w->oldest != w->next && !slot_of(w, w->oldest)->token) w->oldest++;
}

/* Returns the token of the next request. Never 0: mtr-packet itself uses 0. */
static uint32_t next_token(struct worker *w) {
  if (!(w->next & TOKENS)) w->next++;
  return w->next & TOKENS;
}

static void take_slot(struct worker *w, const struct answer_request *s) {
  if (!w->out++) w->heard_at = s->sent;
  *slot_of(w, w->next++) = *s;
  w->streams += s->stream;
  if (s->due < w->check_at) w->check_at = s->due;
}

static void count(struct worker *w) {
  if (w->sequence && ++w->sequence == WORKER_PORTS)
    w->sequence = w->hello.dialect.first;
}

/* Skips sequence numbers that are destination ports of UDP probes. */
static void skip(struct worker *w, int64_t now) {
  for (int i = 0; i < SKIPS && w->sequence; i++) {
    if (sizeof w->buf - w->pending < WORKER_LINE) return;
    if (!is_port(w, w->sequence)) return;
    struct answer_request s = {.token = next_token(w), .sent = now,
                               .due = now + SLACK_MS * MS};
    int n = mtrp_skip(w->buf + w->pending, sizeof w->buf - w->pending, s.token,
                      w->hello.can & GREETING_IP4 ? 4 : 6);
    if (n < 0) return;
    w->pending += (size_t)n;
    take_slot(w, &s);
    count(w);
  }
}

/* Returns whether an outstanding request has the sequence number |number|. */
static int in_use(const struct worker *w, unsigned number) {
  for (uint32_t i = w->oldest; i != w->next; i++) {
    const struct answer_request *s = slot_of(w, i);
    if (s->token && s->sequence == number) return 1;
  }
  return 0;
}

/* Asks for the version, which a living mtr-packet answers at once. Its silence
 * alone proves nothing: its requests may be waiting for the network. */
static void ask(struct worker *w, int64_t now) {
  struct answer_request s = {.token = next_token(w), .sent = now,
                             .due = now + SLACK_MS * MS};
  int n = mtrp_check(w->buf + w->pending, sizeof w->buf - w->pending, s.token,
                     "version");
  w->asked_at = now;
  if (n < 0) return;
  w->pending += (size_t)n;
  take_slot(w, &s);
}

static int64_t ask_at(const struct worker *w) {
  int wanted = w->state == WORKER_READY && w->out && !w->asked_at;
  return wanted ? w->heard_at + SILENCE_MS * MS : INT64_MAX;
}

int worker_send(struct worker *w, const struct wire_probe *p,
                const char *device, int64_t now) {
  unsigned seconds = (p->timeout_ms + 999) / 1000;
  if (!seconds) seconds = 1;
  if (p->protocol == WIRE_UDP && !is_port(w, p->dport)) {
    if (in_use(w, p->dport)) return -EAGAIN;
    use_port(w, p->dport);
  }
  skip(w, now);
  struct answer_request s = {
      .token = next_token(w), .handle = p->handle, .sent = now,
      .due = now + (seconds * 1000ll + SLACK_MS) * MS, .family = p->family,
      .protocol = p->protocol, .sequence = (uint16_t)w->sequence,
      .stream = p->protocol == WIRE_TCP || p->protocol == SCTP};
  memcpy(s.dst, p->dst, sizeof s.dst);
  int n = mtrp_probe(w->buf + w->pending, sizeof w->buf - w->pending, s.token,
                     p, &w->hello.dialect, seconds, device);
  if (n < 0) return n;
  w->pending += (size_t)n;
  take_slot(w, &s);
  if (s.stream) w->sequence = 0;       /* it may use several numbers */
  else count(w);
  return 0;
}

int worker_flush(struct worker *w) {
  size_t done = 0;
  while (done < w->pending && w->child.in >= 0) {
    ssize_t n = write(w->child.in, w->buf + done, w->pending - done);
    if (n < 0) break;                  /* full, or closed: reading will show */
    done += (size_t)n;
  }
  w->pending -= done;
  if (done && w->pending) memmove(w->buf, w->buf + done, w->pending);
  return w->pending > 0;
}

/* Replies. */

static int greet(struct worker *w, const struct mtrp_reply *r, int64_t now) {
  int n = greeting_take(&w->hello, r, w->buf + w->pending,
                        sizeof w->buf - w->pending);
  if (n < 0) return n;
  w->pending += (size_t)n;
  worker_flush(w);
  w->check_at = now + GREETING_MS * MS;
  if (w->hello.missing) return 0;
  if (w->hello.plain && w->hello.tried) {
    child_end(&w->child);
    return worker_start(w, now);
  }
  w->state = WORKER_READY;
  w->asked_at = 0;
  w->check_at = INT64_MAX;
  window_init(&w->window, w->hello.dialect.window);
  w->sequence = w->hello.dialect.first + w->hello.tried;
  return 0;
}

/* Notes that it lived at |at|. It may have hung since: perhaps its line
 * waited, because this process was slow to read it. */
static void hear(struct worker *w, int64_t at, int64_t now) {
  if (at > now) at = now;
  if (at > w->heard_at) w->heard_at = at;
  w->asked_at = 0;
}

/* Takes one line. Returns 1 when it gave a reply, 0 when it gave none, -EPROTO
 * when it made no sense. */
static int take(struct worker *w, const char *line, size_t n,
                struct wire_reply *r, uint8_t *ext, int64_t now) {
  struct mtrp_reply m;
  if (mtrp_parse(line, n, &m)) return -EPROTO;
  if (w->state == WORKER_GREETING) {
    w->heard_at = now;
    return greet(w, &m, now);
  }
  struct answer_request *s = slot_of(w, m.token);
  if (!m.token || s->token != m.token) return -EPROTO;   /* twice or unknown */
  struct answer_request was = *s;
  release(w, s);
  hear(w, was.sent, now);
  if (!was.handle) return 0;
  if (m.word == MTRP_EXHAUSTED) {      /* the engine offers it again */
    int error = window_refused(&w->window, m.error == EMFILE, w->out,
                               w->streams, now);
    w->sequence = 0;
    answer_error(&was, error, r, now);
    return 1;
  }
  window_answered(&w->window);
  w->failures = 0;
  int got = answer_fill(&was, &m, r, ext, now);
  hear(w, got > 0 ? r->at : was.due - SLACK_MS * MS, now);
  if (got <= 0 || r->kind == WIRE_ERROR ||
      wire_sender_possible(r->family, r->from, was.dst))
    return got;
  w->faults++;                         /* no router or host can have sent it */
  return 0;
}

/* Ends the child because of |error|, and plans its restart. */
static void bury(struct worker *w, int error, int64_t now) {
  int64_t wait = BACKOFF_MS << (w->failures < 6 ? w->failures : 6);
  child_listen(&w->child);
  child_end(&w->child);
  if (now - w->born_at >= LIFE_MS * MS) w->failures = 0;
  w->failures++;
  w->restarts++;
  w->error = error;
  w->sweep = w->out > 0;
  w->sweep_at = w->oldest;
  w->pending = 0;
  w->state = w->failures > FAILURES_MOST ? WORKER_LOST : WORKER_DEAD;
  w->retry_at = now + (wait < BACKOFF_MOST_MS ? wait : BACKOFF_MOST_MS) * MS;
}

/* Ends the requests of a child that is gone, each with an error. */
static uint32_t end_all(struct worker *w, struct wire_reply *v, uint32_t n,
                        int64_t now) {
  uint32_t k = 0;
  while (k < n && w->sweep_at != w->next) {
    struct answer_request *s = slot_of(w, w->sweep_at++);
    if (!s->token) continue;
    if (s->handle) answer_error(s, w->error, &v[k++], now);
    w->out--;
    w->streams -= s->stream;
    s->token = 0;
  }
  if (w->sweep_at == w->next) {
    w->sweep = 0;
    w->oldest = w->next;
  }
  return k;
}

/* Returns whether the child hangs, now that an answer or the greeting is
 * overdue. If the child still talks, only the overdue requests are given up. */
static int hangs(struct worker *w, int64_t now) {
  if (w->state == WORKER_GREETING) return 1;
  int silent = w->asked_at && now - w->asked_at >= SLACK_MS * MS;
  w->check_at = INT64_MAX;
  for (uint32_t i = w->oldest; i != w->next; i++) {
    struct answer_request *s = slot_of(w, i);
    if (!s->token) continue;
    if (s->due > now) {
      if (s->due < w->check_at) w->check_at = s->due;
      continue;
    }
    if (silent) return 1;
    w->faults++;
    w->sequence = 0;
    release(w, s);
  }
  return 0;
}

/* Reads more bytes of the child's output; its standard error is read only when
 * there is no output. Returns 2: the buffer is full, 1: some, 0: none now, -1:
 * the child has ended. */
static int more_input(struct worker *w) {
  ssize_t n = read(w->child.out, w->in, sizeof w->in);
  if (n <= 0) {
    int ended = !n || (errno != EAGAIN && errno != EINTR);
    child_listen(&w->child);
    return ended ? -1 : 0;
  }
  w->in_at = w->in;
  w->in_end = w->in + n;
  w->junk += (size_t)n;
  return n == sizeof w->in ? 2 : 1;
}

/* Takes lines until |v| is full or no line is left. Returns the number of
 * replies. */
static uint32_t take_lines(struct worker *w, struct wire_reply *v, uint32_t n,
                           int64_t now) {
  const char *line;
  size_t size;
  uint32_t k = 0;
  while (k < n && (line = mtrp_line(&w->lines, &w->in_at, w->in_end, &size))) {
    int got = take(w, line, size, &v[k], w->ext[k], now);
    if (got >= 0) {
      w->bad = 0;
      w->junk = 0;
      k += (uint32_t)got;
      continue;
    }
    w->faults++;
    if (w->state == WORKER_GREETING) w->bad = BAD_MOST;
    if (w->bad++ >= BAD_MOST) break;
  }
  return k;
}

/* Returns the errno for which the child has to be ended; 0: it may go on. */
static int verdict(struct worker *w, int got, int64_t now) {
  if (w->bad > BAD_MOST || w->junk > JUNK_MOST) return EPROTO;
  if (w->child.heard > HEARD_MOST) return EPROTO;
  if (got < 0) return EPIPE;
  return !got && now >= w->check_at && hangs(w, now) ? ETIMEDOUT : 0;
}

static void keep_time(struct worker *w, int64_t now) {
  if (w->state == WORKER_READY) window_pass(&w->window, now);
  if (w->state != WORKER_DEAD || w->sweep || now < w->retry_at) return;
  int err = worker_start(w, now);
  if (err) bury(w, -err, now);
}

uint32_t worker_read(struct worker *w, struct wire_reply *v, uint32_t n,
                     int64_t now, int *more) {
  uint32_t k = w->sweep ? end_all(w, v, n, now) : 0;
  int got = 0, error = 0;
  keep_time(w, now);
  if (w->child.out >= 0) k += take_lines(w, v + k, n - k, now);
  for (int i = 0; i < READS && k < n && w->child.out >= 0 && !error; i++) {
    got = more_input(w);
    if (got > 0) k += take_lines(w, v + k, n - k, now);
    error = verdict(w, got, now);
    if (got < 2) break;                /* it is empty now */
  }
  if (error) bury(w, error, now);
  *more = k == n || got == 2 || w->sweep;
  if (!*more && now >= ask_at(w)) ask(w, now);
  return k;
}

int64_t worker_unheard(const struct worker *w) {
  int asked = w->state == WORKER_READY && w->asked_at;
  return asked || w->sweep ? w->heard_at : 0;
}

int64_t worker_deadline(const struct worker *w) {
  if (w->sweep) return 0;
  if (w->state == WORKER_DEAD) return w->retry_at;
  if (w->state == WORKER_LOST) return INT64_MAX;
  int64_t at = ask_at(w) < w->check_at ? ask_at(w) : w->check_at;
  int64_t resume = w->state == WORKER_READY ? w->window.resume_at : 0;
  return resume && resume < at ? resume : at;
}
