/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../core.lua.
 */
#ifndef STUB_STDBOOL_H
#define STUB_STDBOOL_H
#endif
