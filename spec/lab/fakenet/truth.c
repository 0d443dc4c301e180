/* SPDX-License-Identifier: MIT
 *
 * truth: prints what a tracer must find in the fake internet, from the same
 * model as the responders use.
 *
 *   truth targets N [SETTING=VALUE...]     the first N destinations
 *   truth path DESTINATION [SETTING...]    its hops, `*` where nobody answers
 *   truth score N [SETTING=VALUE...]       compare lines on standard input
 *
 * The lines are DESTINATION HOP ADDRESS, of the first N destinations, all IPv4
 * or, with `six` as the first setting, all IPv6. A line counts once. The line
 * of a destination itself counts at its true hop, whatever hop it says, because
 * a destination answers every larger TTL too. Where two routers share the load
 * either one is right, and the hop is expected only if both answer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "settings.h"

struct truth {
  struct model model;
  int six;
  __u32 n;
  __u32 *seen;           /* [n]: bit |hop| is set when a line was right */
};

struct score { unsigned long long expected, right, wrong, again, foreign; };

static const char *text(int six, __u32 prefix, __u32 address) {
  static char out[INET6_ADDRSTRLEN];
  __u32 a[4] = {htonl(prefix), 0, 0, htonl(address)};
  return inet_ntop(six ? AF_INET6 : AF_INET, six ? a : a + 3, out, sizeof out);
}

/* An address as a number of the model; 0: it is of another prefix. */
static __u32 number(int six, const char *word, __u32 *prefix) {
  __u32 a[4] = {0};
  if (inet_pton(six ? AF_INET6 : AF_INET, word, six ? a : a + 3) != 1) return 0;
  *prefix = ntohl(a[0]);
  return a[1] || a[2] ? 0 : ntohl(a[3]);
}

/* Is there an answer for sure at |hop| of |dst|? */
static int expected(const struct truth *t, __u32 dst, __u32 hop) {
  const struct model *m = &t->model;
  if (hop == model_length(m, dst)) return !model_dark(m, dst);
  __u32 router = model_router(m, dst, hop, 0);
  if (model_silent(m, router)) return 0;
  return !model_balanced(m, hop) || !model_silent(m, router ^ MODEL_TWIN);
}

static int right(const struct truth *t, __u32 dst, __u32 hop, __u32 from,
                 __u32 prefix) {
  const struct model *m = &t->model;
  if (t->six && prefix != (from == dst ? MODEL_PREFIX6 : MODEL_ROUTERS6))
    return 0;
  if (from == dst) return hop >= model_length(m, dst) && !model_dark(m, dst);
  if (hop < 1 || hop >= model_length(m, dst)) return 0;
  __u32 router = model_router(m, dst, hop, 0);
  if (model_balanced(m, hop) && from == (router ^ MODEL_TWIN)) router = from;
  return from == router && !model_silent(m, router);
}

static void line(struct truth *t, struct score *s, const char *text_of_it) {
  char to[64], by[64];
  unsigned hop;
  __u32 prefix = 0, of = 0;
  if (sscanf(text_of_it, "%63s %u %63s", to, &hop, by) != 3) return;
  __u32 dst = number(t->six, to, &of), from = number(t->six, by, &prefix);
  __u32 i = model_has(dst) ? model_index(&t->model, dst) : t->n;
  if (i >= t->n || (t->six && of != MODEL_PREFIX6)) {
    s->foreign++;
    return;
  }
  if (!right(t, dst, hop, from, prefix)) {
    s->wrong++;
    return;
  }
  if (from == dst) hop = model_length(&t->model, dst);
  if (t->seen[i] >> hop & 1) s->again++;
  else if (expected(t, dst, hop)) s->right++;
  t->seen[i] |= 1u << hop;
}

static int score(struct truth *t) {
  struct score s = {0};
  char buffer[256];
  if (!(t->seen = calloc(t->n, sizeof *t->seen))) return 1;
  while (fgets(buffer, sizeof buffer, stdin)) line(t, &s, buffer);
  for (__u32 i = 0; i < t->n; i++) {
    __u32 dst = model_target(&t->model, i), hops = model_length(&t->model, dst);
    for (__u32 hop = 1; hop <= hops; hop++)
      s.expected += (unsigned)expected(t, dst, hop);
  }
  printf("expected=%llu right=%llu wrong=%llu again=%llu foreign=%llu "
         "completeness=%.6f\n", s.expected, s.right, s.wrong, s.again,
         s.foreign, (double)s.right / (double)s.expected);
  free(t->seen);
  return 0;
}

static int targets(const struct truth *t) {
  for (__u32 i = 0; i < t->n; i++)
    puts(text(t->six, MODEL_PREFIX6, model_target(&t->model, i)));
  return 0;
}

static int path(const struct truth *t, const char *destination) {
  __u32 prefix, dst = number(t->six, destination, &prefix);
  if (!model_has(dst)) return 1;
  __u32 hops = model_length(&t->model, dst);
  for (__u32 hop = 1; hop < hops; hop++) {
    __u32 router = model_router(&t->model, dst, hop, 0);
    printf("%u %s\n", hop, expected(t, dst, hop)
           ? text(t->six, MODEL_ROUTERS6, router) : "*");
  }
  printf("%u %s\n", hops, model_dark(&t->model, dst) ? "*" : destination);
  return 0;
}

int main(int argc, char **argv) {
  struct truth t = {0};
  if (argc < 3) return 2;
  char **words = argv + 3;
  int n = argc - 3;
  t.six = n > 0 && !strcmp(words[0], "six");
  const char *wrong = settings_read(&t.model, n - t.six, words + t.six);
  if (wrong) {
    fprintf(stderr, "truth: %s\n", wrong);
    return 2;
  }
  if (!strcmp(argv[1], "path")) return path(&t, argv[2]);
  t.n = (__u32)strtoul(argv[2], NULL, 10);
  if (t.n < 1 || t.n > (__u32)MODEL_NETS * MODEL_HOSTS) return 2;
  if (!strcmp(argv[1], "targets")) return targets(&t);
  return !strcmp(argv[1], "score") ? score(&t) : 2;
}
