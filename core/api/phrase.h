/* SPDX-License-Identifier: MIT
 *
 * phrase.h: the part of a reply's JSON that is equal for many replies. Address,
 * times and reply_ttl differ; the rest takes only a few values in a scan. Such
 * a text is written once and then copied. A cache keeps PHRASES texts, by hash.
 * If a network makes ever new kinds, each text is written anew, and the memory
 * does not grow.
 */
#ifndef API_PHRASE_H
#define API_PHRASE_H

#include "api/text.h"
#include "mtr.h"

enum { PHRASES = 64, PHRASE_KEY = 5, PHRASE_TEXT = 468 };

/* A text of three pieces, one behind the other. */
struct phrase {
  uint32_t key[PHRASE_KEY];          /* all that the text depends on */
  uint16_t at;           /* bytes before the send time */
  uint16_t reply_ttl;    /* bytes before reply_ttl, if there is one */
  uint16_t size;         /* bytes of the whole text; 0: this entry is free */
  uint16_t pad;
  char text[PHRASE_TEXT];            /* with spare bytes for put_run */
};

/* phrase_of: returns the phrase of the reply |e|, from ,"attempt" to "tstamp",
 * and keeps it in |cache|[PHRASES], all zero at first. Borrowed until the next
 * call. */
const struct phrase *phrase_of(struct phrase *cache, const struct mtr_event *e);

#endif
