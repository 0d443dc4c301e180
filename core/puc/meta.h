/* SPDX-License-Identifier: MIT
 *
 * meta.h: the metatables of all types.
 */
#ifndef PUC_META_H
#define PUC_META_H

#include "puc/cdata.h"

/* meta_open: makes them, and leaves the table on the stack that all functions
 * of this room expect as their first upvalue. */
void meta_open(lua_State *L);

#endif
