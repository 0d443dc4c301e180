/* SPDX-License-Identifier: MIT
 *
 * sockets.h: the privileged sockets of raw, for an engine and for mtr-sockets.
 */
#ifndef RAW_SOCKETS_H
#define RAW_SOCKETS_H

#include <stdint.h>

#include "net/host/filter.h"
#include "net/raw/kinds.h"

/* sockets_open: opens them into |fd|, with |mark| on them unless it is 0, and
 * with filters that drop everything. 0; on -EPERM, -EMFILE none is open. A
 * family or protocol that this host lacks or refuses leaves -1, if one family
 * can send and receive. */
int sockets_open(int32_t fd[RAW_FDS], uint32_t mark);

/* sockets_have: returns a bit (1 << RAW_SEND4 ...) for each one that is
 * open. */
uint32_t sockets_have(const int32_t fd[RAW_FDS]);

/* sockets_usable: returns 1 if a family can be used with the sockets |have|: it
 * needs the sender and the ICMP socket. */
int sockets_usable(uint32_t have, int family);

/* sockets_listen: lets number |i| receive if |on|, otherwise nothing. */
void sockets_listen(int i, int fd, int on);

/* sockets_filter: sets the filters of |f|. 0 or a negative errno. */
int sockets_filter(const int32_t fd[RAW_FDS], const struct filter *f);

/* sockets_able: returns 1 if a sender of whole packets can give the kernel
 * their protocol, for the kernel's rules and policies. Linux 6.4 and later. */
int sockets_able(int fd);

/* sockets_close: closes all, and sets them to -1. */
void sockets_close(int32_t fd[RAW_FDS]);

#endif
