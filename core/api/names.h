/* SPDX-License-Identifier: MIT
 *
 * names.h: the words for stop reasons, and the names that flags have as fields
 * of a reply. JSON and the Lua layer both take them from here.
 */
#ifndef API_NAMES_H
#define API_NAMES_H

#include <stdint.h>

/* The field "ignored" has no flag in mtr_event: it means that some flags are
 * missing. So its bit is above the 16 bits of mtr_event's flags. */
enum { NAMES_IGNORED = 1 << 16 };

/* names_stop: the word of each stop reason, in the order of the enum. The build
 * makes it from mtr.h: a word is the name of the constant in small letters. */
extern const char *const names_stop[];
extern const uint32_t names_stops;         /* how many there are */

/* names_put: writes the fields that |flags| sets as members of a JSON object:
 * those of the |part| before "tstamp" or of the |part| after it. */
enum names_part { NAMES_EARLY, NAMES_LATE };
char *names_put(char *p, enum names_part part, unsigned flags);

#endif
