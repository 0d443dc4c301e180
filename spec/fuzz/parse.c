/* SPDX-License-Identifier: MIT
 *
 * parse.c: fuzz target of the packet parsers. The first byte of an input says
 * how the rest is read and how much of it the receiver cut off; the packet is
 * copied to memory of exactly its size, so that the sanitizer sees any step
 * beyond. What comes out is held against the promises of wire/parse.h and
 * wire/ext.h.
 */
#include "base/bytes.h"
#include "wire/ext.h"
#include "wire/parse.h"
#include "target.h"

#include <errno.h>
#include <stdlib.h>

enum {
  AS_PACKET, AS_ICMPV6, AS_TCP, AS_UDP, /* first byte modulo 4 */
  CUT_UNIT = 4                          /* cut: first byte / 4, in words */
};

static void check_interface(const struct wire_object *o) {
  struct wire_interface face;
  int err = ext_interface(o, &face);
  must(err == 0 || err == -ENOMSG || err == -EBADMSG);
  if (err) return;
  must(face.name_size <= 63 && face.role <= WIRE_ROLE_NEXT_HOP);
  must((face.has & WIRE_HAS_ADDR) ? face.family : !face.family);
  if (!face.name_size) return;
  must(face.name > o->data &&
       face.name + face.name_size <= o->data + o->size);
  must(!memchr(face.name, 0, face.name_size));
}

static void check_objects(const struct wire_reply *r) {
  struct bytes b = bytes_of(r->ext, r->ext_size);
  struct wire_object o;
  struct wire_mpls labels[8];
  size_t seen = 0;
  int more;
  while ((more = ext_next(&b, &o)) > 0) {
    must(o.size % 4 == 0);
    seen += 4u + o.size;
    int count = ext_mpls(&o, labels, 8);
    must(count == -ENOMSG || count * 4 == o.size);
    for (int i = 0; i < count && i < 8; i++)
      must(labels[i].label <= 0xfffff && labels[i].tc <= 7);
    check_interface(&o);
  }
  must(more == 0 && seen == r->ext_size);
}

static void check_reply(const struct wire_reply *r, const uint8_t *p,
                        size_t n) {
  must(r->kind > WIRE_NONE && r->kind <= WIRE_UDP_REPLY);
  must(r->family == 4 || r->family == 6);
  must(r->at == 77 && r->kernel_time == 7);
  int quotes = r->kind >= WIRE_TIME_EXCEEDED && r->kind <= WIRE_OTHER;
  must(((r->flags & WIRE_QUOTE) != 0) == quotes);
  if (!quotes) must(!r->flags && !r->ext_size && !r->ip_id);
  if (r->flags & WIRE_TRUNCATED) must(!r->id && !r->tcp_low);
  if (r->family == 6) must(!r->ip_id);
  if (!r->ext_size) return;
  must(r->ext_size % 4 == 0);
  must(r->ext >= p + 8 + 128 && r->ext + r->ext_size <= p + n);
  check_objects(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  if (!n) return 0;
  int as = data[0] % 4;
  size_t cut = (size_t)data[0] / 4 * CUT_UNIT;
  size_t whole = --n;
  n = cut < n ? n - cut : 0;
  uint8_t *p = malloc(n ? n : 1);
  if (!p) return 0;
  memcpy(p, data + 1, n);

  struct wire_reply r;
  memset(&r, 0xa5, sizeof r);
  r.at = 77;
  r.kernel_time = 7;
  static const int protocols[] = {[AS_ICMPV6] = 58, [AS_TCP] = WIRE_TCP,
                                  [AS_UDP] = WIRE_UDP};
  int err = as == AS_PACKET ? wire_parse(p, n, whole, &r)
                            : wire_parse6(p, n, whole, protocols[as], &r);
  must(err == 0 || err == -ENOMSG || err == -EBADMSG);
  if (err)
    must(r.kind == WIRE_NONE);
  else
    check_reply(&r, p, n);
  free(p);
  return 0;
}
