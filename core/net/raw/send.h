/* SPDX-License-Identifier: MIT
 *
 * send.h: packets are laid out in a fixed set of buffers and handed to the
 * kernel in runs of one family. A refusal of one packet is that packet's
 * outcome; a full queue ends the batch, and the rest is offered again, but not
 * for ever.
 */
#ifndef RAW_SEND_H
#define RAW_SEND_H

#include "net/raw/state.h"

/* raw_send_new: the buffers; NULL: out of memory. raw_send: as in net_ops. */
struct raw_buffers *raw_send_new(void);
uint32_t raw_send(struct net *net, const struct wire_probe *v, uint32_t n,
                  struct net_sent *sent);

/* raw_later: whether a send that was refused at |now| with |err| is to be tried
 * again: for "not now", unless nothing has been taken for a second. */
int raw_later(struct raw *raw, int err, int64_t now);

/* raw_run: how many of |n| packets the next call shall send. raw_sent: stamps
 * the |n| that it sent from |start| to |end|. While answers come during calls,
 * a call sends one packet, unless many are outstanding, and what it sends is
 * stamped with the time before. */
unsigned raw_run(struct raw *raw, unsigned n, unsigned most);
void raw_sent(struct raw *raw, struct net_sent *sent, int n, int64_t start,
              int64_t end);

#endif
