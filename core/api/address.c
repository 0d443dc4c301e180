/* SPDX-License-Identifier: MIT
 *
 * Addresses: text to bytes and back, and the class of special addresses. A
 * class is only a remark for the user; it never decides what is probed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "api/text.h"
#include "mtr.h"

/* The index of an interface by its name or, as getaddrinfo(3) writes it, its
 * number; 0: there is none. */
static uint32_t zone_of(const char *name) {
  char other[IF_NAMESIZE];
  uint32_t index = if_nametoindex(name);
  if (index || !*name || strspn(name, "0123456789") != strlen(name))
    return index;
  unsigned long number = strlen(name) < 10 ? strtoul(name, NULL, 10) : 0;
  return if_indextoname((unsigned)number, other) ? (uint32_t)number : 0;
}

int mtr_address(const char *text, uint8_t *addr, uint32_t *zone) {
  char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  memset(addr, 0, MTR_ADDR_SIZE);
  if (zone) *zone = 0;
  if (strlen(text) >= sizeof copy) return -EINVAL;
  if (inet_pton(AF_INET, text, addr) == 1) return 4;
  strcpy(copy, text);
  char *name = strchr(copy, '%');
  if (name) *name++ = 0;
  if (inet_pton(AF_INET6, copy, addr) != 1) return -EINVAL;
  if (!name) return 6;
  if (!zone) return -EINVAL;
  return (*zone = zone_of(name)) ? 6 : -ENODEV;
}

void mtr_address_put(uint8_t *addr, uint32_t last, double value) {
  uint32_t i = (last + 7) / 8, shift = i * 8 - last;
  uint64_t rest = (uint64_t)value;
  if (i == 0) return;
  addr[--i] |= (uint8_t)(rest << shift);
  for (rest >>= 8 - shift; rest && i > 0; rest >>= 8)
    addr[--i] |= (uint8_t)rest;
}

int mtr_address_text(const uint8_t *addr, uint32_t family, char *buf) {
  if (family != 4 && family != 6) return -EINVAL;
  char *end = put_address(buf, addr, family);
  *end = 0;
  return (int)(end - buf);
}

/* IANA's special-purpose registries (RFC 6890 and its updates), and RFC 4291
 * for the types. Where two overlap, the longer prefix comes first. */
static const struct {
  uint32_t addr, mask;
  const char *class;
} special4[] = {
    {0x0a000000, 0xff000000, "private"},
    {0xc0a80000, 0xffff0000, "private"},
    {0xac100000, 0xfff00000, "private"},
    {0x64400000, 0xffc00000, "shared"},
    {0xffffffff, 0xffffffff, "broadcast"},
    {0xf0000000, 0xf0000000, "reserved"},
    {0xe0000000, 0xf0000000, "multicast"},
    {0x7f000000, 0xff000000, "loopback"},
    {0x00000000, 0xff000000, "this-network"},
    {0xa9fe0000, 0xffff0000, "link-local"},
    {0xc0000000, 0xffffff00, "protocol"},
    {0xc0000200, 0xffffff00, "documentation"},
    {0xc6336400, 0xffffff00, "documentation"},
    {0xcb007100, 0xffffff00, "documentation"},
    {0xc6120000, 0xfffe0000, "benchmarking"},
    {0}};
static const struct {
  uint64_t high, low;
  unsigned bits;
  const char *class;
} special6[] = {
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

static const char *class4(uint32_t addr) {
  for (unsigned i = 0; special4[i].class; i++)
    if ((addr & special4[i].mask) == special4[i].addr)
      return special4[i].class;
  return "";
}

static const char *class6(uint64_t high, uint64_t low) {
  for (unsigned i = 0; special6[i].class; i++) {
    unsigned bits = special6[i].bits, rest = bits > 64 ? bits - 64 : 0;
    if ((high & mask(bits)) == special6[i].high &&
        (low & mask(rest)) == special6[i].low)
      return special6[i].class;
  }
  return "";
}

const char *mtr_address_class(const uint8_t *addr, uint32_t family) {
  if (family == 6) return class6(read64(addr), read64(addr + 8));
  return class4((uint32_t)(read64(addr) >> 32));
}
