/* SPDX-License-Identifier: MIT
 *
 * helped.h: raw over the sockets of mtr-sockets, a small program that may have
 * the privilege which this process lacks. It sends and receives for us, and
 * checks what we send (core/sockets). One of them serves one engine.
 */
#ifndef RAW_HELPED_H
#define RAW_HELPED_H

#include "net/host/filter.h"
#include "net/host/ports.h"
#include "net/raw/message.h"
#include "net/raw/state.h"

/* helped_start: starts mtr-sockets into |*h|, by |starter| as in
 * child_start_by. -ENOENT: it is not installed; errors of child_start_by. */
int helped_start(struct helped **h, int starter);

/* helped_over: makes |*h| over two sockets, which it takes over. Their other
 * ends are served by somebody else, such as a fuzz target. 0 or -ENOMEM. */
int helped_over(struct helped **h, int ask, int hear);

/* helped_end: ends it. NULL is allowed. */
void helped_end(struct helped *h);

/* helped_hello: sends it the identifiers and ports |f|, and the sockets of
 * |ports| that reserve them. Call it again after a port has been added. 0;
 * -EPERM: it has no privilege itself; -EPIPE, -ETIMEDOUT: it has ended, or
 * hangs. */
int helped_hello(struct helped *h, const struct filter *f,
                 const struct ports *ports);

/* helped_have, helped_able: sockets_have and sockets_able of its sockets,
 * after helped_hello. helped_fd: the descriptor that is readable when packets
 * have come. */
uint32_t helped_have(const struct helped *h);
int helped_able(const struct helped *h);
int helped_fd(const struct helped *h);

/* helped_hear: lets it listen on the socket number |kind|. */
void helped_hear(struct helped *h, int kind);

/* helped_add: adds a packet to the next helped_send. Returns 0 if it is full
 * already. |bytes| must be below 65536. */
int helped_add(struct helped *h, const struct message_packet *p,
               const uint8_t *bytes);

/* helped_send: lets it send the packets of |family|, in calls of at most
 * |most|. Returns the answer, borrowed until the next call, or NULL and a
 * negative errno in |*err|. */
const struct message_answer *helped_send(struct helped *h, int family,
                                         unsigned most, int *err);

/* helped_awaits: notes that a packet left at |at| (ns), whose answer is
 * waited for until |until|. helped_heard: notes that it worked at |at|, when
 * a packet came that it has passed on. It may hang since then, if this process
 * was slow to read. */
void helped_awaits(struct helped *h, int64_t at, int64_t until);
void helped_heard(struct helped *h, int64_t at);

/* helped_check: asks whether it still runs, if answers are waited for and it is
 * silent. 0; -ETIMEDOUT: it was asked long ago; -EPIPE: it has ended.
 * helped_unheard: returns when it was last heard, ns, if it was asked and does
 * not answer; 0: it answers. helped_deadline: when to call helped_check, ns;
 * INT64_MAX: never. */
int helped_check(struct helped *h, int64_t now);
int64_t helped_unheard(const struct helped *h);
int64_t helped_deadline(const struct helped *h);

/* helped_read: writes the next packet that has come into |r| and returns its
 * bytes, borrowed until the next call; NULL: there is none now, or |*err| is
 * not 0: none will come any more. helped_more: returns 1 if one is there
 * already. */
const uint8_t *helped_read(struct helped *h, struct message_reply *r, int *err);
int helped_more(const struct helped *h);

#endif
