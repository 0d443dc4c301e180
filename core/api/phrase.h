/* SPDX-License-Identifier: MIT
 *
 * phrase.h: what a reply's JSON has in common with other replies'. But for who
 * answered, when, and from how far, replies to a scan are of a few kinds; the
 * text of a kind is written once and copied from then on. The last PHRASES
 * kinds are kept, by hash: a network that makes ever new ones costs the writing
 * of each, and no more memory.
 */
#ifndef API_PHRASE_H
#define API_PHRASE_H

#include "api/text.h"
#include "mtr.h"

enum { PHRASES = 64, PHRASE_KEY = 5, PHRASE_TEXT = 468 };

/* Three pieces, one behind the other. */
struct phrase {
  uint32_t key[PHRASE_KEY];          /* the kind */
  uint16_t at;           /* bytes up to where the send time goes */
  uint16_t reply_ttl;    /* ... to where reply_ttl goes, if there is one */
  uint16_t size;         /* ... of all; 0: this place is free */
  uint16_t pad;
  char text[PHRASE_TEXT];            /* some of it unused: see put_run */
};

/* phrase_of: the phrase of the reply |e|, from ,"attempt" to "tstamp"; out of
 * |cache|[PHRASES], all zero at first. Borrowed until the next call. */
const struct phrase *phrase_of(struct phrase *cache, const struct mtr_event *e);

/* phrase_protocol: "icmp", "tcp" or "udp". */
const char *phrase_protocol(unsigned protocol);

#endif
