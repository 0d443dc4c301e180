/* SPDX-License-Identifier: MIT
 *
 * ext.c: see ext.h. Extensions were in use before ICMP got a length field for
 * the quote, so there are three ways to find them (RFC 4884 5). If the length
 * is 128 or more, they follow there. If it is smaller, the quote is padded, and
 * they follow at 128. Without a length they may follow at 128. A fourth way
 * counts as damage: the length is in wrong units, but with one of these units
 * it leads to extensions with a valid checksum.
 */
#include "wire/ext.h"

#include "wire/checksum.h"
#include "wire/proto.h"

#include <errno.h>

enum {
  QUOTE_MIN = 128,        /* RFC 4884 5.1: the quote is padded to it */
  STRUCTURE_HEADER = 4,   /* RFC 4884 7 */
  OBJECT_HEADER = 4,      /* RFC 4884 8 */
  LABEL_SIZE = 4,         /* RFC 3032 2.1 */
  NAME_MAX_SIZE = 64,     /* with its length octet; RFC 5837 4.3 */
  AFI_IPV4 = 1, AFI_IPV6 = 2
};

int ext_next(struct bytes *b, struct wire_object *object) {
  if (!bytes_left(b)) return 0;
  size_t size = bytes_u16(b);
  object->class = bytes_u8(b);
  object->type = bytes_u8(b);
  if (b->bad || size < OBJECT_HEADER || size % 4) return -EBADMSG;
  size -= OBJECT_HEADER;
  object->size = (uint16_t)size;
  object->data = bytes_take(b, size);
  return b->bad ? -EBADMSG : 1;
}

/* Returns how many bytes at the beginning of |b| are undamaged objects. */
static size_t sound_size(struct bytes b) {
  const uint8_t *start = b.p, *end = b.p;
  struct wire_object object;
  while (ext_next(&b, &object) > 0) end = b.p;
  return (size_t)(end - start);
}

/* Whether an extension structure with objects and a valid checksum is at
 * |at|. */
static int stands(const uint8_t *p, size_t n, size_t at) {
  if (at < QUOTE_MIN || at > n ||
      n - at < STRUCTURE_HEADER + OBJECT_HEADER)
    return 0;
  struct bytes b = bytes_of(p + at, n - at);
  unsigned version = bytes_u8(&b);
  bytes_u8(&b); /* reserved */
  int summed = bytes_u16(&b) != 0;
  return (version >> 4 == 2 || version == 2) && summed &&
         checksum_fold(checksum_add(0, p + at, n - at)) == 0xffff &&
         sound_size(b) == bytes_left(&b);
}

/* Looks for the structure of a sender that counts the length in wrong units
 * (RFC 4884 4.1 and 4.2), or from the ICMP or IP header on. Returns its place,
 * or |at| if there is none. */
static size_t elsewhere(const uint8_t *p, size_t n, size_t length, size_t at,
                        int family) {
  size_t octet = length / (family == 4 ? 4 : 8);
  size_t icmp = PROTO_ICMP_HEADER;
  size_t ip = icmp + (family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER);
  const size_t places[] = {octet, octet * 4, octet * 8, QUOTE_MIN,
                           length > icmp ? length - icmp : 0,
                           length > ip ? length - ip : 0};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (stands(p, n, places[i])) return places[i];
  return at;
}

size_t ext_split(const uint8_t *p, size_t n, size_t length, int cut,
                 struct wire_reply *r) {
  size_t at = length < QUOTE_MIN ? QUOTE_MIN : length;
  if (length && !cut && !stands(p, n, at)) {
    size_t other = elsewhere(p, n, length, at, r->family);
    if (other != at) r->flags |= WIRE_EXT_BAD;
    at = other;
  }
  if (at > n || n - at < STRUCTURE_HEADER) return n;
  struct bytes b = bytes_of(p + at, n - at);
  unsigned version = bytes_u8(&b);
  bytes_u8(&b); /* reserved */
  int summed = bytes_u16(&b) != 0; /* RFC 4884 7: 0 means no checksum */
  /* Some senders put the version into the lower half of its octet. */
  int known = version >> 4 == 2 || version == 2;
  if (!known) {
    if (length) r->flags |= WIRE_EXT_BAD;
    return n;
  }
  int verifies =
      !cut && checksum_fold(checksum_add(0, p + at, n - at)) == 0xffff;
  size_t sound = sound_size(b);
  int intact = sound == bytes_left(&b);
  if (!length && !(summed ? verifies : sound && intact)) return n;
  if (!intact || cut || (summed && !verifies)) r->flags |= WIRE_EXT_BAD;
  r->ext = sound ? b.p : NULL;
  r->ext_size = (uint16_t)sound;
  /* A length below that of an IP header is wrong: then the quote ends at
   * |at|. */
  size_t header = r->family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER;
  return length >= header && length < QUOTE_MIN ? length : at;
}

int ext_mpls(const struct wire_object *object, struct wire_mpls *out,
             size_t n) {
  if (object->class != WIRE_CLASS_MPLS || object->type != 1) return -ENOMSG;
  struct bytes b = bytes_of(object->data, object->size);
  size_t count = object->size / LABEL_SIZE;
  for (size_t i = 0; i < count && i < n; i++) {
    uint32_t entry = bytes_u32(&b);
    out[i].label = entry >> 12;
    out[i].tc = entry >> 9 & 7;
    out[i].bottom = entry >> 8 & 1;
    out[i].ttl = entry & 0xff;
    out[i].pad = 0;
  }
  return (int)count;
}

/* Reads an address: family, reserved bytes, address (RFC 5837 4.2). */
static void read_address(struct bytes *b, struct wire_interface *out) {
  unsigned afi = bytes_u16(b);
  bytes_u16(b);
  out->family = afi == AFI_IPV4 ? 4 : afi == AFI_IPV6 ? 6 : 0;
  size_t size = out->family == 4 ? 4 : 16;
  const uint8_t *addr = bytes_take(b, size);
  if (addr) memcpy(out->addr, addr, size);
  if (!out->family) b->bad = 1;
}

/* Reads a name: its length, which includes the length octet, then the name,
 * padded with NULs (RFC 5837 4.3). */
static void read_name(struct bytes *b, struct wire_interface *out) {
  size_t size = bytes_u8(b);
  if (!size || size > NAME_MAX_SIZE) {
    b->bad = 1;
    return;
  }
  out->name = bytes_take(b, size - 1);
  if (!out->name) return;
  const uint8_t *nul = memchr(out->name, 0, size - 1);
  out->name_size = (uint8_t)(nul ? (size_t)(nul - out->name) : size - 1);
  /* Some senders do not count the padding in the length. */
  bytes_take(b, (4 - size % 4) % 4);
}

int ext_interface(const struct wire_object *object,
                  struct wire_interface *out) {
  if (object->class != WIRE_CLASS_INTERFACE) return -ENOMSG;
  struct bytes b = bytes_of(object->data, object->size);
  memset(out, 0, sizeof *out);
  out->role = object->type >> 6;
  out->has = object->type & 0x0f;
  if (out->has & WIRE_HAS_INDEX) out->index = bytes_u32(&b);
  if (out->has & WIRE_HAS_ADDR) read_address(&b, out);
  if (out->has & WIRE_HAS_NAME) read_name(&b, out);
  if (out->has & WIRE_HAS_MTU) out->mtu = bytes_u32(&b);
  return b.bad ? -EBADMSG : 0;
}
