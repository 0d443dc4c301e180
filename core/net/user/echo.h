/* SPDX-License-Identifier: MIT
 *
 * echo.h: ICMP through ping sockets (SOCK_DGRAM, IPPROTO_ICMP), which the host
 * opens to the groups in net.ipv4.ping_group_range, also for IPv6. The echo
 * identifier is the port that such a socket is bound to; the rest of the
 * message is ours, so its checksum, which the kernel computes, is the constant
 * one of paris. One socket for each region of probes serves all destinations.
 *
 * The kernel passes the quote of an error from the ICMP header on: sequence
 * number and checksum identify the probe, as with raw. So a forger who does not
 * see our probes, but knows the identifier, hits one of N outstanding ones with
 * a chance of N * 2^-30 for each forged error or reply.
 *
 * Linux does not say when it drops a ping over IPv6 because a queue of this
 * host is full: such a probe is not sent again, and times out.
 */
#ifndef USER_ECHO_H
#define USER_ECHO_H

#include "net/user/state.h"

/* echo_open: opens the ping sockets of both families, each bound to its
 * identifier. |u|->closed says of each family why it cannot. 0, or -EMFILE,
 * -ENOMEM. */
int echo_open(struct user *u);
void echo_close(struct user *u);

/* echo_send: sends the ICMP probes at the beginning of |v|[|n|]; the first is
 * one. Returns how many have an outcome; 0: the kernel takes no more now. */
uint32_t echo_send(struct user *u, const struct wire_probe *v, uint32_t n,
                   struct net_sent *sent);

/* echo_receive: reads replies or, |errors|, errors of the socket |region| of
 * |family| into |v|[|n|]. Returns how many there are. */
uint32_t echo_receive(struct user *u, int family, unsigned region, int errors,
                      struct wire_reply *v, uint32_t n,
                      const struct net_clock *clock);

#endif
