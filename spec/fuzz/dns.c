/* SPDX-License-Identifier: MIT
 *
 * dns.c: fuzz target of answers of name servers. The first byte of an input
 * says for which records was asked; the name that was asked for is that of the
 * question in the message, if it has one, so that the fuzzer gets past it. The
 * message is copied to memory of exactly its size. What comes out is held
 * against the promises of wire/dns.h.
 */
#include "wire/dns.h"
#include "target.h"

#include <errno.h>
#include <string.h>

enum { QUESTION = 12, MOST = 4 };

static void check_name(const char *name) {
  must(strlen(name) < DNS_NAME);
  for (; *name; name++) must(*name > ' ' && *name < 127);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct dns_record found[MOST];
  char name[DNS_NAME] = "none.test";
  uint32_t none;
  if (!n) return 0;
  unsigned type = *data & 1 ? DNS_TXT : DNS_PTR;
  uint8_t *p = malloc(--n ? n : 1);
  if (!p) return 0;
  memcpy(p, data + 1, n);
  for (size_t at = 0; at < n; at++) {
    char out[DNS_NAME];
    int end = dns_name(p, n, at, out);
    must(end == -EBADMSG || (end > (int)at && (size_t)end <= n));
    if (end < 0) continue;
    check_name(out);
    if (at == QUESTION) memcpy(name, out, sizeof name);
  }
  memset(found, 0xa5, sizeof found);
  int count = dns_read(p, n, name, type, found, MOST, &none);
  must(count == -EBADMSG || count == -ENOMSG || count == -EAGAIN ||
       (count >= 0 && count <= MOST));
  must(count == 0 || !none);
  for (int i = 0; i < count; i++) {
    must(found[i].size <= DNS_TEXT && !found[i].text[found[i].size]);
    must(!(found[i].ttl >> 31));
    if (type == DNS_PTR) check_name(found[i].text);
  }
  free(p);
  return 0;
}
