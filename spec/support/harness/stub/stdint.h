/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../core.lua.
 */
#ifndef STUB_STDINT_H
#define STUB_STDINT_H
#endif
