/* SPDX-License-Identifier: MIT
 *
 * sockets.c: fuzz target of what an engine asks mtr-sockets to send. An input
 * is a message; its packets are judged as if an engine had the identifiers
 * 1000 to 1009 and the ports 20000 to 21023, and are then given to sockets that
 * are closed. Beside that each packet of an input is judged alone, in memory of
 * exactly its size: whatever may be sent must be what sockets/guard.h says.
 */
#include "sockets/guard.h"
#include "sockets/send.h"
#include "target.h"

#include <string.h>

enum { ECHO = 1000, ECHOES = 10, PORT = 20000, PORTS = 1024 };

static const struct filter who = {.echo_base = ECHO, .echo_count = ECHOES,
                                  .port_base = PORT, .port_count = PORTS};

static unsigned get16(const uint8_t *p) { return p[0] * 256u + p[1]; }

/* |p| may be sent: is it what an engine sends? */
static void check_allowed(int family, const uint8_t *p, size_t n,
                          const struct guard_packet *g) {
  size_t head = family == 4 ? 20 : 40;
  must(n >= head + 8 && p[0] >> 4 == family);
  must(family == 6 || p[0] == 0x45);             /* no options */
  must(family == 6 || !(get16(p + 6) & 0x3fff)); /* no fragment */
  unsigned protocol = family == 4 ? p[9] : p[6];
  must(protocol == g->protocol);
  const uint8_t *at = p + head;
  if (protocol == 1) {
    must(at[0] == 8);
  } else if (protocol == 58) {
    must(at[0] == 128);
  } else {
    must(protocol == 6 || protocol == 17);
    must(get16(at) >= PORT && get16(at) < PORT + PORTS);
    must(protocol == 17 || at[13] == 0x02 || at[13] == 0x10);
    return;
  }
  must(get16(at + 4) >= ECHO && get16(at + 4) < ECHO + ECHOES);
}

static void judge(int family, const uint8_t *data, size_t n) {
  struct guard guard = {.who = who};
  struct guard_packet out;
  uint8_t *p = malloc(n ? n : 1);
  if (!p) return;
  memcpy(p, data, n);
  int err = guard_check(&guard, family, p, n, 0, 1, &out);
  must(err <= 0);
  if (!err) check_allowed(family, p, n, &out);
  free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static struct serve s;               /* 5 MB */
  const size_t before = sizeof(struct message_ask) +
                        sizeof(struct message_packet);
  if (n > sizeof s.asked) return 0;
  for (size_t at = before; at < n && at < before + 8; at++) {
    judge(4, data + at, n - at);
    judge(6, data + at, n - at);
  }
  if (n < sizeof(struct message_ask)) return 0;
  memset(s.fd, -1, sizeof s.fd);
  s.guard = (struct guard){.who = who};
  s.known = 1;
  s.answer.runs = 0;
  memcpy(s.asked, data, n);
  int err = send_packets(&s, n);
  must(err <= 0 && s.answer.runs <= RAW_BATCH + 1);
  return 0;
}
