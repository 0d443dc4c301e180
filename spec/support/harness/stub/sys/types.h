/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../../core.lua.
 */
#ifndef SYS_TYPES_H
#define SYS_TYPES_H
#endif
