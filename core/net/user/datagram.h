/* SPDX-License-Identifier: MIT
 *
 * datagram.h: UDP through a pool of sockets, each with a port that the kernel
 * has drawn. Of a quote the kernel passes only what follows the UDP header, and
 * many routers quote no more than that header. So only the destination and the
 * two ports identify a probe in every case. No two probes that are waited for
 * have the same ones: those to one destination go from different sockets, while
 * one socket serves many destinations. As the source port differs from probe to
 * probe, this is not paris.
 *
 * Behind the payload are up to 8 bytes that nobody can guess. A quote that has
 * them is a full match. One without them, or data from the target, shows only
 * the ports: a weak match. A forger who sees none of our probes, but knows when
 * we send and to which port, must guess the source port, one of about 28,000:
 * each forged packet hits with a chance of 2^-15, or N times that with N probes
 * to this target outstanding. The kernel drops the wrong guesses, so the engine
 * cannot count them. Strict engines believe no weak match. The 8 bytes add 64
 * secret bits.
 *
 * A port is reserved for its destination until no reply can come any more: as
 * long as the probe and its late window last, or a while after an answer.
 */
#ifndef USER_DATAGRAM_H
#define USER_DATAGRAM_H

#include "net/user/state.h"

void datagram_open(struct user *u);
void datagram_close(struct user *u);

/* datagram_send: sends |p|. Returns 1 if |sent| has the outcome, 0 if |p| has
 * to wait for a port, a descriptor or the kernel. */
int datagram_send(struct user *u, const struct wire_probe *p,
                  struct net_sent *sent);

/* datagram_receive: reads data or, |errors|, errors of the socket number
 * |socket| of |family| into |v|[|n|]. Returns how many there are. */
uint32_t datagram_receive(struct user *u, int family, unsigned socket,
                          int errors, struct wire_reply *v, uint32_t n,
                          const struct net_clock *clock);

/* datagram_spare: closes a socket that is not in use. Returns 0 if there is
 * none. */
int datagram_spare(struct user *u);

/* datagram_pass: frees the ports that are no longer reserved at |now|. */
void datagram_pass(struct user *u, int64_t now);

#endif
