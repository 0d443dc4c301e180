/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/greeting.h"

#include <errno.h>
#include <string.h>

/* Token n + 1 asks for the n-th feature. */
static const char *const features[] = {"version", "ip-4", "ip-6", "icmp",
                                       "udp", "tcp", "sctp", "mark"};
enum {
  FEATURES = sizeof features / sizeof *features,
  ECHO = FEATURES + 1,   /* token of the test's ping */
  UDP,                   /* tokens of its UDP probes to (likely) closed ports */
  UDP_AGAIN,
  TESTS = 3,
  SECONDS = 1            /* how long mtr-packet waits for their answers */
};

static uint32_t bit(uint32_t token) { return 1u << token; }

int greeting_start(struct greeting *g, int plain, char *out, size_t size) {
  int used = 0;
  memset(g, 0, sizeof *g);
  g->plain = plain;
  for (uint32_t i = 0; i < FEATURES; i++) {
    used += mtrp_check(out + used, size - (size_t)used, i + 1, features[i]);
    g->missing |= bit(i + 1);
  }
  return used;
}

/* Writes the test: a ping to loopback, which works with or without privilege,
 * and two UDP probes, to two ports, so that one of them is surely closed.
 * Without |dport|, mtr-packet takes its sequence number as the port. */
static int test(struct greeting *g, char *out, size_t size) {
  struct wire_probe p = {.family = g->can & GREETING_IP4 ? 4 : 6, .ttl = 1};
  int used = 0;
  if (p.family == 4) {
    p.src[0] = p.dst[0] = 127;
    p.src[3] = p.dst[3] = 1;
  } else {
    p.src[15] = p.dst[15] = 1;
  }
  for (uint32_t token = ECHO; token < ECHO + TESTS; token++) {
    p.protocol = token == ECHO ? WIRE_ICMP : WIRE_UDP;
    used += mtrp_probe(out + used, size - (size_t)used, token, &p, &g->dialect,
                       SECONDS, "");
    g->missing |= bit(token);
  }
  g->tried = TESTS;
  return used;
}

static int feature(struct greeting *g, const struct mtrp_reply *r) {
  if (r->word != MTRP_SUPPORT) return -EPROTO;
  if (r->token == 1) {
    memcpy(g->version, r->text, sizeof g->version);
    mtrp_dialect(r->text, &g->dialect);
  } else if (!strcmp(r->text, "ok")) {
    g->can |= 1u << (r->token - 2);
  }
  return 0;
}

/* Decides whether it has its privilege. When even the ping had no answer, the
 * test proves nothing, and the privilege is assumed. */
static void judge(struct greeting *g) {
  uint32_t udp = bit(UDP) | bit(UDP_AGAIN);
  if (g->tried) g->plain = g->answered & bit(ECHO) && !(g->answered & udp);
  if (!g->plain) g->can |= GREETING_RAW;
  else g->can &= ~(uint32_t)(GREETING_UDP | GREETING_TCP | GREETING_SCTP);
}

int greeting_take(struct greeting *g, const struct mtrp_reply *r, char *out,
                  size_t size) {
  if (r->token >= GREETING_TOKENS || !(g->missing & bit(r->token)))
    return -EPROTO;
  if (r->token <= FEATURES && feature(g, r)) return -EPROTO;
  if (r->token > FEATURES && r->word == MTRP_REPLY)
    g->answered |= bit(r->token);
  g->missing &= ~bit(r->token);
  if (g->missing) return 0;
  if (!g->tried && !g->plain) return test(g, out, size);
  judge(g);
  return 0;
}
