/* SPDX-License-Identifier: MIT
 *
 * icmp.h: an ICMP or ICMPv6 message that may answer a probe: an echo reply, or
 * an error that quotes it. Checksums are not checked: kernels do it, a
 * receiver may have cut the message, and a damaged one matches no probe.
 */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* icmp_parse: reads the |n| bytes of message at |p| into |r|, in which family,
 * from and to are set. |cut| is 1 if the receiver has lost the end. 0;
 * -ENOMSG: the message answers no probe; -EBADMSG: it is malformed. */
int icmp_parse(const uint8_t *p, size_t n, int cut, struct wire_reply *r);

/* icmp_kind: returns the kind of an ICMP error; WIRE_NONE: it is not an error.
 * icmp_extends: returns 1 if messages of |type| may have extensions. */
enum wire_kind icmp_kind(int family, int type, int code);
int icmp_extends(int family, int type);

#endif
