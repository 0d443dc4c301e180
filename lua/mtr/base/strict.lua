-- SPDX-License-Identifier: MIT
--
-- Strict mode: to read a field that an object can never have raises an error, which shows the
-- nearest name. It is on in mtrlua; in other hosts mtr.strict(true) switches it on. A field that is
-- only absent now, such as the address of a silent hop, is nil.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = { on = lib.program ~= nil }

--- Returns nil for a missing field; raises in strict mode.
---@param what string the object, such as "result"
---@param key any
---@param names table<string, any> its keys are the names of all fields
function M.missing(what, key, names)
  if not M.on or type(key) ~= "string" or names[key] ~= nil then return nil end
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  table.sort(list)
  local near = err.nearest(key, list)
  error(("%s has no field %s%s"):format(what, err.show(key),
    near and ("; did you mean %q?"):format(near) or ""), 3)
end

return M
