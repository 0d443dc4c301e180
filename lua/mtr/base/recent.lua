-- SPDX-License-Identifier: MIT
--
-- Tables that keep only the newest of what is put into them, so that their memory has a bound.

local M = {}

--- Makes a table of at most `most` members. When one more is added, the oldest is removed. Members
--- may be read and changed as in any table, but not be set to nil.
---@param most integer
---@return table
function M.new(most)
  local order, at = {}, 0
  return setmetatable({}, { __newindex = function(members, key, value)
    at = at % most + 1
    if order[at] ~= nil then rawset(members, order[at], nil) end
    order[at] = key
    rawset(members, key, value)
  end })
end

return M
