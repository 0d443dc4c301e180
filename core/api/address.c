/* SPDX-License-Identifier: MIT
 *
 * Addresses of the interface: text to bytes and back, and the class of special
 * ones. The classes annotate what a router said of itself; they never decide
 * what is probed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "api/text.h"
#include "mtr.h"

int mtr_address(const char *text, uint8_t *addr, uint32_t *zone) {
  char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  memset(addr, 0, MTR_ADDR_SIZE);
  *zone = 0;
  if (strlen(text) >= sizeof copy) return -EINVAL;
  if (inet_pton(AF_INET, text, addr) == 1) return 4;
  strcpy(copy, text);
  char *name = strchr(copy, '%');
  if (name) *name++ = 0;
  if (inet_pton(AF_INET6, copy, addr) != 1) return -EINVAL;
  if (name && !(*zone = if_nametoindex(name))) return -ENODEV;
  return 6;
}

int mtr_address_text(const uint8_t *addr, uint32_t family, char *buf) {
  if (family != 4 && family != 6) return -EINVAL;
  char *end = put_address(buf, addr, family);
  *end = 0;
  return (int)(end - buf);
}

struct special {
  uint64_t high, low;    /* the address; IPv4 in the upper half of |high| */
  unsigned bits;         /* of it that count */
  const char *class;
};

/* IANA's special-purpose registries (RFC 6890 and its updates), and RFC 4291
 * for the types. The longest prefixes come first. */
static const struct special special4[] = {
    {0xffffffff00000000, 0, 32, "broadcast"},
    {0xc000000000000000, 0, 24, "protocol"},
    {0xc000020000000000, 0, 24, "documentation"},
    {0xc633640000000000, 0, 24, "documentation"},
    {0xcb00710000000000, 0, 24, "documentation"},
    {0xa9fe000000000000, 0, 16, "link-local"},
    {0xc0a8000000000000, 0, 16, "private"},
    {0xc612000000000000, 0, 15, "benchmarking"},
    {0xac10000000000000, 0, 12, "private"},
    {0x6440000000000000, 0, 10, "shared"},
    {0x0000000000000000, 0, 8, "this-network"},
    {0x0a00000000000000, 0, 8, "private"},
    {0x7f00000000000000, 0, 8, "loopback"},
    {0xe000000000000000, 0, 4, "multicast"},
    {0xf000000000000000, 0, 4, "reserved"},
    {0}};
static const struct special special6[] = {
    {0, 0, 128, "unspecified"}, {0, 1, 128, "loopback"},
    {0, 0xffff00000000, 96, "mapped"},
    {0x0064ff9b00000000, 0, 96, "nat64"},
    {0x0100000000000000, 0, 64, "discard"},
    {0x0064ff9b00010000, 0, 48, "nat64"},
    {0x2001000200000000, 0, 48, "benchmarking"},
    {0x20010db800000000, 0, 32, "documentation"},
    {0x3fff000000000000, 0, 20, "documentation"},
    {0xfe80000000000000, 0, 10, "link-local"},
    {0xff00000000000000, 0, 8, "multicast"},
    {0xfc00000000000000, 0, 7, "private"}, {0}};

static uint64_t read64(const uint8_t *b) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | b[i];
  return value;
}

static uint64_t mask(unsigned bits) {
  return bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits);
}

const char *mtr_address_class(const uint8_t *addr, uint32_t family) {
  uint64_t high = read64(addr), low = family == 6 ? read64(addr + 8) : 0;
  if (family == 4) high &= mask(32);
  const struct special *s = family == 6 ? special6 : special4;
  for (; s->class; s++) {
    unsigned rest = s->bits > 64 ? s->bits - 64 : 0;
    if ((high & mask(s->bits)) == s->high && (low & mask(rest)) == s->low)
      return s->class;
  }
  return "";
}
