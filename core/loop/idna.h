/* SPDX-License-Identifier: MIT
 *
 * idna.h: converts names with letters outside ASCII into the form of the DNS:
 * mapped as in UTS 46 (lower case, composed), then encoded as in RFC 3492. It
 * uses libidn2, which is loaded for the first such name and may be missing.
 */
#ifndef LOOP_IDNA_H
#define LOOP_IDNA_H

#include <stddef.h>

/* idna_ascii: writes the DNS form of |name| (UTF-8) into |out|[|size|]; ASCII
 * names stay as they are. Returns 0; -EINVAL: not a name, or too long;
 * -ELIBACC: it needs libidn2, which is missing. */
int idna_ascii(const char *name, char *out, size_t size);

#endif
