-- SPDX-License-Identifier: MIT
--
-- Strict mode: to read a field that an object can never have raises an error, which shows the
-- nearest name. It is on in mtrlua; in other hosts mtr.strict(true) switches it on. A field that is
-- only absent now, such as the address of a silent hop, is nil. Names that begin with "_" are
-- internal and never raise.
--
-- These functions are called from __index, for fields that are nil. A field that is set is found
-- without them.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local M = { on = lib.program ~= nil }

local UNDERSCORE = ("_"):byte()

local function raise(what, key, names, methods)
  local list = {}
  for name in pairs(names) do list[#list + 1] = name end
  for name, value in pairs(methods or {}) do
    if type(value) == "function" and not name:find "^_" then list[#list + 1] = name end
  end
  table.sort(list)
  local near = err.nearest(key, list)
  error(("%s has no field %s%s"):format(what, err.show(key),
    near and ("; did you mean %q?"):format(near) or ""), 4)
end

--- Nil, or in strict mode the error of asking for what there is not. For __index functions, which
--- call it in parentheses: a tail call would spoil the place that the error names.
---@param what string the object, such as "a result"
---@param key any
---@param names table<string, any> its keys are all fields there are
---@param methods? table<string, any> its functions may have been meant too
function M.missing(what, key, names, methods)
  if not M.on or type(key) ~= "string" or names[key] ~= nil then return nil end
  if key:byte() ~= UNDERSCORE then raise(what, key, names, methods) end
  return nil
end

--- The metatable of objects with these fields and methods.
---@param what string
---@param names table<string, any>
---@param methods table<string, any>
---@return table
function M.metatable(what, names, methods)
  return { __index = function(_, key)
    local method = methods[key]
    if method ~= nil then return method end
    return (M.missing(what, key, names, methods))
  end }
end

return M
