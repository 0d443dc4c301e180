/* SPDX-License-Identifier: MIT
 *
 * socket.h: opens the sockets of the transport user. The kernel queues the ICMP
 * errors about what such a socket sent (IP_RECVERR), stamps what arrives, and
 * gives its TTL.
 *
 * Some descriptors of the process are left to others: if a new one would be
 * above |limit|, no descriptor is left.
 */
#ifndef USER_SOCKET_H
#define USER_SOCKET_H

#include "net/user/state.h"

/* socket_open: opens a socket of |family| (USER_4 ...) for |protocol|
 * (WIRE_ICMP ...). Returns it or a negative errno: -EMFILE none left, -EACCES
 * ping sockets are closed to this user, -EAFNOSUPPORT. */
int socket_open(const struct user *u, int family, int protocol);

/* socket_df: sets whether packets of |fd| may be fragmented. */
void socket_df(int fd, int family, int df);

/* socket_split: sets whether IPv6 packets of |fd| may be larger than the MTU of
 * the link and go in fragments. While they may, the kernel ignores packets too
 * big. */
void socket_split(int fd, int split);

/* socket_watch: lets epoll give |kind| (USER_ECHO ...) and |index| when |fd|
 * has something to read, or with |writable| can be written. 0 or a negative
 * errno. */
int socket_watch(struct user *u, int fd, unsigned kind, uint32_t index,
                 int writable);

/* socket_room: returns how high a descriptor of ours may be. */
int socket_room(void);

/* socket_options: writes what differs from probe to probe into the control
 * messages of |m|, whose room is |room|[USER_CONTROL]: TTL, kind of service,
 * interface, source address. */
void socket_options(struct msghdr *m, uint8_t *room,
                    const struct wire_probe *p);

/* socket_reason: returns why |p| was not sent, where the kernel said |err|. If
 * its source is no address of this host any more, the kernel says EINVAL: the
 * reason is EADDRNOTAVAIL, or what keeps this host from the target now. */
int socket_reason(struct user *u, const struct wire_probe *p, int err);

#endif
