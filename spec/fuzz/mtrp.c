/* SPDX-License-Identifier: MIT
 *
 * mtrp.c: fuzz target of what a mtr-packet may say. The first byte of an input
 * is the size of the pieces that the rest comes in. Each piece is copied to
 * memory of exactly its size, so that the sanitizer sees any step beyond. The
 * lines that come out are read as replies, which are taken for answers to
 * probes of either family, and held against the promises of wire/mtrp.h.
 */
#include "net/mtrpacket/answer.h"
#include "net/mtrpacket/greeting.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void check_answer(const struct mtrp_reply *m, int family, int protocol) {
  struct answer_request s = {
      .token = 17, .handle = 5, .sent = 1000, .due = 2000,
      .family = (uint8_t)family, .protocol = (uint8_t)protocol};
  struct wire_reply r;
  uint8_t ext[ANSWER_EXT];
  int64_t now = 1000000000;
  memset(&r, 0xa5, sizeof r);
  int got = answer_fill(&s, m, &r, ext, now);
  must(got == 0 || got == 1 || got == -EPROTO);
  if (got != 1) return;
  must(r.handle == 5 && r.family == family);
  must(r.at >= s.sent && r.at <= now);
  must(r.kind > WIRE_NONE && r.kind <= WIRE_ERROR);
  must((r.kind == WIRE_ERROR) == (r.error != 0));
  must(r.ext_size == (m->labels && !r.error ? 4 + 4 * m->labels : 0));
  must(!r.ext_size || r.ext == ext);
}

static void check_line(struct greeting *g, const char *line, size_t n) {
  struct mtrp_reply r;
  char out[2048];
  int err = mtrp_parse(line, n, &r);
  must(err == 0 || err == -EBADMSG);
  if (err) return;
  must(r.token <= INT32_MAX && r.word <= MTRP_PROTOCOL);
  must(r.family == 0 || r.family == 4 || r.family == 6);
  must(r.labels <= MTRP_LABELS && r.error >= 0 && r.error < 4096);
  must(r.rtt_us >= -1 && r.rtt_us <= INT32_MAX);
  must(memchr(r.text, 0, sizeof r.text) != NULL);
  for (int family = 4; family <= 6; family += 2) {
    check_answer(&r, family, WIRE_ICMP);
    check_answer(&r, family, WIRE_UDP);
    check_answer(&r, family, WIRE_TCP);
  }
  int more = greeting_take(g, &r, out, sizeof out);
  must(more == -EPROTO || (more >= 0 && more < (int)sizeof out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static struct mtrp_lines lines;      /* too large for some stacks */
  struct greeting g;
  char out[2048];
  if (!n) return 0;
  size_t piece = data[0] + 1u, sum = 0;
  memset(&lines, 0, sizeof lines);
  must(greeting_start(&g, 0, out, sizeof out) > 0);
  for (size_t at = 1; at < n; at += piece) {
    size_t size = n - at < piece ? n - at : piece, length;
    char *copy = malloc(size);
    if (!copy) return 0;
    memcpy(copy, data + at, size);
    const char *p = copy, *line;
    while ((line = mtrp_line(&lines, &p, copy + size, &length))) {
      must(length <= MTRP_LINE);
      sum += length + 1;
      check_line(&g, line, length);
    }
    must(p == copy + size && lines.used <= MTRP_LINE);
    free(copy);
  }
  must(sum <= n);
  return 0;
}
