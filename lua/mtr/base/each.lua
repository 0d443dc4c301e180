-- SPDX-License-Identifier: MIT
--
-- Goes through a table as pairs() does. Use it for tables of users and for what is made of them:
-- options, descriptions, results.
--
-- The LuaJIT of Debian 12 (2.1.0-beta3 of March 2022) compiles `for ... in pairs(t)` wrongly: after
-- some minutes of a program such a loop may end too early, and from then on it always does. LuaJIT
-- mended that on 2 April 2022: "Add missing check for LJ_KEYINDEX in ITERN recording". Only loops
-- whose text calls pairs or names next are compiled that way, so this one must have another name.

--- Returns what a for loop needs to go through a table: `for key, value in each(t) do`.
---@generic K, V
---@param t table<K, V>
---@return fun(t: table<K, V>, key?: K): K, V
---@return table<K, V> t
return function(t) return next, t end
