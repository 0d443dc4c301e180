/* SPDX-License-Identifier: MIT
 *
 * Empty on purpose: LuaJIT knows these types; see spec/support/core.lua.
 */
#ifndef STUB_STDINT_H
#define STUB_STDINT_H
#endif
