/* SPDX-License-Identifier: MIT
 *
 * channel.h: channels of c-ares, which speak to name servers within the uv loop
 * of an engine. Nothing here blocks. A channel has sockets of its own, and so
 * many lookups that their answers fit into the buffer of a socket; more lookups
 * open more channels, and beyond those they wait.
 */
#ifndef LOOP_CHANNEL_H
#define LOOP_CHANNEL_H

/* Debian 13 calls functions deprecated that Debian 12 has no others for. */
#define CARES_NO_DEPRECATED 1
#include <ares.h>

#include "loop/state.h"
#include "mtr.h"

/* What a channel is for. Names are looked up with the system's time-outs,
 * questions of mtr_reverse and mtr_text with shorter ones. */
enum channel_kind { CHANNEL_NAMES, CHANNEL_QUESTIONS, CHANNEL_KINDS };

struct channel;

/* One lookup, within the struct of its user. */
struct channel_ask {
  struct channel_ask *next;
  struct channel *channel;             /* that it uses; NULL: it waits */
  enum channel_kind kind;
  /* start: asks |ares|. The answer may come during this call. */
  void (*start)(struct channel_ask *ask, ares_channel ares);
  /* drop: frees it, because the loop is closed while it waits. */
  void (*drop)(struct channel_ask *ask);
};

/* channel_ask: starts |ask|, now or when there is room. -ENOMEM or -EIO: no
 * channel can be opened, and nothing was started. */
int channel_ask(struct loop *l, struct channel_ask *ask);

/* channel_over: says that the answer to |ask| has come. Call it first of all in
 * the callback of c-ares. Returns 1 if the loop is being closed: then free
 * |ask| and do nothing else. */
int channel_over(struct channel_ask *ask);

/* channel_error: returns |status| as an errno: 0, ENOENT (there is none),
 * EAGAIN (nobody answers), ENOMEM, or EIO. */
int channel_error(int status);

/* channel_others: returns 1 if the system finds names also elsewhere than in
 * the hosts file and the DNS. */
int channel_others(struct loop *l);

/* channel_config: does what mtr_dns promises. */
int channel_config(struct loop *l, const struct mtr_dns *config);

/* channel_real: returns 1 if lookups of |l| ask real name servers: its
 * transport knows no names, or it is a simulated network and they are wanted
 * all the same. */
int channel_real(const struct loop *l);

/* channel_deadline: returns when to call channel_run, as clock_system;
 * INT64_MAX: never. channel_run: does what is due. */
int64_t channel_deadline(const struct loop *l);
void channel_run(struct loop *l);

/* channel_close: ends all lookups. Their users free them. */
void channel_close(struct loop *l);

#endif
