/* SPDX-License-Identifier: MIT
 *
 * ext.h: the extension structure that routers append to an ICMP error (RFC
 * 4884) and the objects in it. Many routers append it at byte 128 without
 * giving the length of the quote. Bytes there are taken as a structure only if
 * its checksum is right or, without a checksum, if it consists of valid objects
 * up to the last byte.
 */
#ifndef WIRE_EXT_H
#define WIRE_EXT_H

#include "base/bytes.h"
#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* Classes of objects; RFC 4950 3, RFC 5837 4. */
enum { WIRE_CLASS_MPLS = 1, WIRE_CLASS_INTERFACE = 2 };

/* An object; RFC 4884 8. */
struct wire_object {
  const uint8_t *data;   /* borrowed from the packet */
  uint16_t size;         /* bytes at |data|, a multiple of 4 */
  uint8_t class;         /* WIRE_CLASS_MPLS ... */
  uint8_t type;          /* within the class */
};

/* A label stack entry; RFC 4950 3, RFC 3032 2.1, RFC 5462. */
struct wire_mpls {
  uint32_t label;        /* 20 bits */
  uint8_t tc;            /* traffic class, 3 bits; once "experimental" */
  uint8_t bottom;        /* 1: the last of its stack */
  uint8_t ttl;
  uint8_t pad;
};

/* The role of an interface for the packet; RFC 5837 4.1. */
enum {
  WIRE_ROLE_IN,          /* it arrived here */
  WIRE_ROLE_SUB_IP,      /* ... on this component */
  WIRE_ROLE_OUT,         /* it would have left here */
  WIRE_ROLE_NEXT_HOP     /* the address it would have gone to */
};

/* The parts of an interface object; RFC 5837 4.1, bits of its type. */
enum {
  WIRE_HAS_MTU = 1 << 0,
  WIRE_HAS_NAME = 1 << 1,
  WIRE_HAS_ADDR = 1 << 2,
  WIRE_HAS_INDEX = 1 << 3
};

/* Interface information; RFC 5837. Parts that are missing in |has| are zero. */
struct wire_interface {
  const uint8_t *name;   /* borrowed from the packet; has no zero byte */
  uint32_t index;        /* ifIndex */
  uint32_t mtu;          /* bytes */
  uint8_t addr[16];      /* IPv4 in the first four */
  uint8_t family;        /* of |addr|: 4, 6 */
  uint8_t role;          /* WIRE_ROLE_IN ... */
  uint8_t has;           /* WIRE_HAS_MTU ... */
  uint8_t name_size;     /* bytes at |name|, at most 63 */
};

/* ext_split: finds the structure in the |n| bytes at |p| that follow the 8-byte
 * header of an ICMP error of |r|->family. The error gives |length| as the
 * length of the quote; 0: it gives none. |cut| is 1 if the receiver has lost
 * the end. Sets |r|->ext and ext_size if there is a structure. If it is
 * damaged, keeps the objects before the damage and adds WIRE_EXT_BAD. Returns
 * how many bytes of |n| are the quote. */
size_t ext_split(const uint8_t *p, size_t n, size_t length, int cut,
                 struct wire_reply *r);

/* ext_next: takes the next object from |b|, a cursor over |r|->ext. Returns 1;
 * 0 at the end; -EBADMSG: the rest is not an object. */
int ext_next(struct bytes *b, struct wire_object *object);

/* ext_mpls: writes the label stack of |object|, top first, into |out|[|n|].
 * Returns how many entries it has; -ENOMSG: it is not a label stack. */
int ext_mpls(const struct wire_object *object, struct wire_mpls *out,
             size_t n);

/* ext_interface: reads |object| into |out|. 0; -ENOMSG: it is not interface
 * information; -EBADMSG: it is damaged. On errors |out| is undefined. */
int ext_interface(const struct wire_object *object,
                  struct wire_interface *out);

#endif
