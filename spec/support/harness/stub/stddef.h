/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../core.lua.
 */
#ifndef STUB_STDDEF_H
#define STUB_STDDEF_H
#endif
