/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../core.lua.
 */
#ifndef STUB_LIMITS_H
#define STUB_LIMITS_H
#endif
