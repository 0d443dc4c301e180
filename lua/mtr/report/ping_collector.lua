-- SPDX-License-Identifier: MIT
--
-- Collects the results of pings under way (see mtr.report.ping), for formats that have one record
-- for a whole ping. A ping that did not begin here is left out.

local Pings = {}
Pings.__index = Pings

local M = {}

---@class mtr.Pings
---@field under_way table<string, table> by target

--- Makes an empty collection.
---@return mtr.Pings
function M.new() return setmetatable({ under_way = {} }, Pings) end

--- Takes a result. Returns all results of its ping if it is the last one: a list whose last element
--- is the summary, with the start in the field `start`.
---@param result table
---@return table?
function Pings:add(result)
  local key = result.target .. " " .. result.dst
  if result.type == "ping_start" then
    self.under_way[key] = { start = result }
    return nil
  end
  local list = self.under_way[key]
  if not list then return nil end
  list[#list + 1] = result
  if result.type ~= "ping_summary" then return nil end
  self.under_way[key] = nil
  return list
end

return M
