/* SPDX-License-Identifier: MIT
 *
 * tape.c: fuzz target of recordings. An input is a file; so that the fuzzer
 * gets past the sums, those of its records and the count in its END are put
 * right first, but for inputs that begin with a zero byte, which is dropped.
 * What is taken for whole is replayed: every probe in it is sent again, and
 * time goes on until all replies have come.
 */
#include "net/tape/replay.h"
#include "net/tape/replay_file.h"
#include "net/tape/replay_find.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void mend(uint8_t *p, size_t n) {
  uint64_t records = 0;
  size_t at = TAPE_PROLOGUE;
  while (at + TAPE_FRAME < n) {
    size_t size = (size_t)p[at] | (size_t)p[at + 1] << 8;
    uint8_t *body = p + at + TAPE_FRAME;
    if (!size || size > n - at - TAPE_FRAME) return;
    if (*body == TAPE_END && size == 9) put_le(body + 1, records, 8);
    put_le(p + at + 2, tape_hash(body, size), 4);
    at += TAPE_FRAME + size;
    records++;
  }
}

static volatile uint32_t touched;      /* keeps reads from being left out */

static void receive_all(struct net *net) {
  struct wire_reply v[3];
  int more = 1;
  while (more) {
    struct net_clock clock = {.now = net->at};
    uint32_t k = net->ops->receive(net, 0, v, 3, &clock, &more);
    must(k <= 3);
    for (uint32_t i = 0; i < k; i++) {
      must(v[i].kind > WIRE_NONE && v[i].kind <= WIRE_ERROR);
      must(v[i].ext_size <= TAPE_EXT && v[i].ext_size % 4 == 0);
      touched = tape_hash(v[i].ext, v[i].ext_size);
    }
  }
}

/* Moves the time on to |at|, through the recorded steps before it. */
static void go_to(struct net *net, const struct replay_file *f, int64_t at) {
  uint32_t steps = 0;
  while (net->at < at) {
    int64_t before = net->at;
    net->ops->tick(net, at);
    must(net->at >= before && steps++ <= f->tick_count);
  }
}

/* Sends |p| once more, waiting where it is not taken. */
static void send_again(struct net *net, const struct replay_file *f,
                       struct wire_probe *p) {
  struct net_sent sent;
  while (net->ops->send(net, p, 1, &sent) != 1) {
    int64_t at = net->ops->deadline(net);
    must(at < INT64_MAX);
    go_to(net, f, at);
    receive_all(net);
  }
}

static void ask(struct net *net, const struct replay_file *f,
                const struct replay_entry *e) {
  struct bytes body = replay_body(f, e->body);
  union {
    struct tape_send send;
    struct tape_route route;
    struct tape_port port;
    struct tape_name name;
  } u;
  struct net_route v[TAPE_NAMES];
  switch (e->kind) {
  case TAPE_SEND:
    must(!tape_take_send(&body, &u.send));
    u.send.probe.payload_size = 0;
    u.send.probe.id ^= 0x55;
    send_again(net, f, &u.send.probe);
    break;
  case TAPE_ROUTE:
    must(!tape_take_route(&body, &u.route));
    u.route.ask.why = NULL;
    must(net->ops->route(net, &u.route.ask) <= 0);
    break;
  case TAPE_PORT:
    must(!tape_take_port(&body, &u.port));
    must(net->ops->reserve(net, u.port.protocol, u.port.port) <= 0);
    break;
  default:
    must(e->kind == TAPE_NAME && !tape_take_name(&body, &u.name));
    must(net->ops->resolve(net, u.name.name, u.name.family, v, TAPE_NAMES) <=
         TAPE_NAMES);
  }
}

static void replay(struct replay_file *f) {
  struct net *net;
  must(!replay_over(&net, f));
  for (uint32_t i = 0; i < f->entry_count; i++) {
    int64_t before = net->at;
    ask(net, f, &f->entries[i]);
    net->ops->tick(net, i % 2 ? NET_CALL : net->at);
    must(net->at >= before);
    receive_all(net);
  }
  for (int64_t at; (at = net->ops->deadline(net)) < INT64_MAX;) {
    go_to(net, f, at);
    receive_all(net);
  }
  net->ops->close(net, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct replay_file f = {.size = n};
  char why[256] = "";
  int as_is = n && !*data;
  if (as_is) {
    data++;
    f.size--;
  }
  f.bytes = malloc(f.size ? f.size : 1);
  if (!f.bytes) return 0;
  memcpy(f.bytes, data, f.size);
  if (!as_is) mend(f.bytes, f.size);
  int err = replay_index(&f, why, sizeof why);
  must(err == 0 || err == -EBADMSG || err == -ENOMSG || err == -EPROTO);
  must(!err || *why);
  if (err) replay_free(&f);
  else replay(&f);
  return 0;
}
