-- SPDX-License-Identifier: MIT
--
-- Strict mode: a field that an object can never have is a mistake and raises, with the nearest
-- name. On in mtrlua, off in other hosts, which mtr.strict(true) switches on. A field that is only
-- absent now, such as the address of a silent hop, is nil as ever.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = { on = lib.program ~= nil }

--- Nil, or in strict mode the error of asking for what there is not.
---@param what string the object, such as "result"
---@param key any
---@param names table<string, any> its keys are all fields there are
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
