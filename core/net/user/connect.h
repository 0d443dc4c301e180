/* SPDX-License-Identifier: MIT
 *
 * connect.h: TCP by connect(2): the kernel sends the SYN, with the TTL of the
 * probe and a source port that it draws. An ICMP error ends the attempt, a
 * SYN/ACK opens the connection and a reset refuses it. Each probe has its own
 * socket, so the socket of an answer shows the probe. It also has its own
 * source port, which is not paris. A connection that opened is reset at once
 * (SO_LINGER).
 *
 * A second after a SYN the kernel would send it again, and an answer would not
 * show which of the two it answers. So the attempt ends shortly before, and a
 * later answer is lost.
 *
 * The kernel accepts an answer only with the right addresses, ports and
 * sequence number, and an error only with that number. So a forged one is
 * accepted with a chance of 2^-31, if its source port is right too. Linux
 * before 5.8 does not say who sent an error about a SYN: then only the target
 * is seen.
 */
#ifndef USER_CONNECT_H
#define USER_CONNECT_H

#include "net/user/state.h"

void connect_close(struct user *u);

/* connect_send: sends a SYN for |p|. Returns 1 if |sent| has the outcome, 0 if
 * |p| has to wait for a descriptor or a port. */
int connect_send(struct user *u, const struct wire_probe *p,
                 struct net_sent *sent);

/* connect_receive: asks slot |i|, whose socket is ready, for its answer.
 * Returns 1 if |r| has it, 0 if there is none. */
uint32_t connect_receive(struct user *u, uint32_t i, struct wire_reply *r,
                         const struct net_clock *clock);

/* connect_pass: ends the attempts that have lasted too long at |now|. */
void connect_pass(struct user *u, int64_t now);

#endif
