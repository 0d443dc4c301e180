/* SPDX-License-Identifier: MIT
 *
 * names.h: the words for stop reasons, events, flags and capabilities, and the
 * names that flags have as fields of a reply. JSON and the Lua layer both take
 * them from here.
 */
#ifndef API_NAMES_H
#define API_NAMES_H

#include <stdint.h>

/* The field "ignored" has no flag in mtr_event: it means that some flags are
 * missing. So its bit is above the 16 bits of mtr_event's flags. */
enum { NAMES_IGNORED = 1 << 16 };

/* names_stop: the word of each stop reason, in the order of the enum.
 * names_events, names_flags, names_caps: values of MTR_EV_*, MTR_REPLY_* and
 * MTR_CAP_* with their words; the last one has no name. The build makes them
 * from mtr.h: a word is the name of the constant in small letters. */
struct names_word {
  uint32_t value;
  const char *name;
};
extern const char *const names_stop[];
extern const uint32_t names_stops;         /* how many there are */
extern const struct names_word names_events[], names_flags[], names_caps[];

/* names_put: writes the fields that |flags| sets as members of a JSON object:
 * those of the |part| before "tstamp" or of the |part| after it. */
enum names_part { NAMES_EARLY, NAMES_LATE };
char *names_put(char *p, enum names_part part, unsigned flags);

/* names_protocol: returns "icmp", "tcp" or "udp". */
const char *names_protocol(unsigned protocol);

/* names_multipath: "paris", "classic", "dublin", in the order of the enum. */
extern const char *const names_multipath[];

#endif
