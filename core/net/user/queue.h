/* SPDX-License-Identifier: MIT
 *
 * queue.h: reads what a socket has received: datagrams, and the ICMP errors
 * that the kernel queued for it (MSG_ERRQUEUE). An error gives its sender, type
 * and code, MTU and TTL, the destination of the probe, and of the quote what
 * follows the transport header of UDP, or from the header on for ICMP and TCP.
 * The kernel does not give the IP header of the quote.
 *
 * Errors that do not fit into the socket's buffer are lost, and the kernel does
 * not count them.
 *
 * The kernel itself has found the socket by the addresses and ports in the
 * quote. Of TCP it has also compared the sequence number.
 */
#ifndef USER_QUEUE_H
#define USER_QUEUE_H

#include "net/user/state.h"

/* A message as read. */
struct queue_message {
  const uint8_t *data;   /* the quote, or the datagram; borrowed until the next
                          * read */
  size_t size;           /* bytes at |data|; without extensions */
  struct wire_reply reply;             /* of an error: all but what |data|
                                        * has; of a datagram: from, family,
                                        * ttl, times; dport: where from */
};

/* queue_new: returns the buffers; NULL: out of memory. */
struct user_in *queue_new(void);

/* queue_begin: begins a batch of at most USER_BATCH replies, whose extensions
 * stay until the next one. */
void queue_begin(struct user *u);

/* queue_read: reads up to |n| messages of |fd|, at most USER_BATCH, from the
 * queue of errors if |errors|. Returns how many came, or a negative errno. */
int queue_read(struct user *u, int fd, int errors, unsigned n);

/* queue_message: fills |m| with message number |i| of the last queue_read, of a
 * socket of |family| for |protocol|. Returns 0; -ENOMSG: it is an error of this
 * host itself, which the send has reported. */
int queue_message(struct user *u, unsigned i, int errors, int family,
                  int protocol, const struct net_clock *clock,
                  struct queue_message *m);

#endif
