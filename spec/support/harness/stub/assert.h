/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see ../core.lua.
 */
#ifndef STUB_ASSERT_H
#define STUB_ASSERT_H
#endif
