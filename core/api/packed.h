/* SPDX-License-Identifier: MIT
 *
 * packed.h: packed records: results in a tenth of the bytes of their JSON. They
 * are made for the way from a worker of a fleet to its drain. The file
 * lua/mtr/fleet/README.md describes them for other programs.
 *
 * A result is a few words of 32 bits for the trace and some for each reply.
 * A word is written only if it differs from that of the trace or the reply
 * before. So records are read in order, from the first one of a run on.
 *
 * A record, numbers in little-endian order:
 *   1 byte   PACKED_TAG
 *   4 bytes  how many bytes follow
 *   4 bytes  which words of the trace follow: bit i is word i; and
 *            PACKED_TRANSPORT, PACKED_LABEL: these texts follow
 *   4 bytes  each of these words
 *   texts    2 bytes: the length; the bytes
 *   for each reply: 2 bytes: which words follow; 4 bytes each of these words;
 *            extension objects, as many words as event[9] says
 */
#ifndef API_PACKED_H
#define API_PACKED_H

#include "mtr.h"

enum {
  PACKED_TAG = 1,
  PACKED_HEAD = 5,       /* bytes: tag and length */
  PACKED_LONGEST = 8192  /* bytes of a text: each record's line has them */
};
#define PACKED_TRANSPORT (1u << 30)
#define PACKED_LABEL (1u << 31)

/* packed_trace: writes the words of |info|, with |n| replies. */
void packed_trace(uint32_t *w, const struct mtr_info *info, uint32_t n);

/* packed_info: the other way round; returns the number of replies. */
uint32_t packed_info(struct mtr_info *info, const uint32_t *w);

/* packed_event: writes the words of |e|: what results have of it. */
void packed_event(uint32_t *w, const struct mtr_event *e);

/* packed_reply: the other way round. */
void packed_reply(struct mtr_event *e, const uint32_t *w);

#endif
