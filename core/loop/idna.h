/* SPDX-License-Identifier: MIT
 *
 * idna.h: the form in which the DNS knows a name with letters outside ASCII:
 * mapped as UTS 46 has it (lower case, composed), then RFC 3492. libidn2 does
 * it, which is loaded when the first such name comes, and need not be there.
 */
#ifndef LOOP_IDNA_H
#define LOOP_IDNA_H

#include <stddef.h>

/* idna_ascii: writes the form of |name|, UTF-8, into |out|[|size|]; a name of
 * ASCII as it is. Returns 0; -EINVAL: it is no name, or too long; -ELIBACC:
 * it needs libidn2, and there is none. */
int idna_ascii(const char *name, char *out, size_t size);

#endif
