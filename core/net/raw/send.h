/* SPDX-License-Identifier: MIT
 *
 * send.h: builds packets in a fixed set of buffers and gives them to the kernel
 * in runs of one family. If the kernel refuses a packet, that is the outcome of
 * this packet. A full queue ends the batch; the rest is offered again, for a
 * limited time.
 */
#ifndef RAW_SEND_H
#define RAW_SEND_H

#include "net/raw/state.h"

/* raw_send_new: returns the buffers; NULL: out of memory. raw_send: see
 * net_ops.
 */
struct raw_buffers *raw_send_new(void);
uint32_t raw_send(struct net *net, const struct wire_probe *v, uint32_t n,
                  struct net_sent *sent);

/* raw_later: returns 1 if a send that was refused at |now| with |err| is to be
 * tried again: after EAGAIN, if the kernel has taken something in the last
 * second; after ENOBUFS, in the last seven. */
int raw_later(struct raw *raw, int err, int64_t now);

/* raw_run: returns how many of |n| packets the next call shall send. raw_sent:
 * stamps the |n| packets sent from |start| to |end|. While answers come within
 * the call that sends, a call sends one packet, unless many are outstanding,
 * and the packet gets the time before the call. */
unsigned raw_run(struct raw *raw, unsigned n, unsigned most);
void raw_sent(struct raw *raw, struct net_sent *sent, int n, int64_t start,
              int64_t end);

#endif
