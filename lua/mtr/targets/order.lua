-- SPDX-License-Identifier: MIT
--
-- The order of a chain of targets: which number of the source comes at which place. Nothing is kept
-- in memory; each place is computed by the steps of the chain, the last one first.

local lib = require "mtr.lib"

local C = lib.C

---@class mtr.OrderStep
---@field kind "shuffle"|"shard"|"take"
---@field a number seed, shard or count
---@field b? number of shards

---@class mtr.Order
---@field size number of places
---@field shuffled boolean false: the numbers grow with the places
local Order = {}
Order.__index = Order

local M = {}

--- Makes an order over a source.
---@param steps mtr.OrderStep[]
---@param size number of targets in the source; math.huge: unknown
---@return mtr.Order
function M.new(steps, size)
  local self = setmetatable({ count = 0, size = size, shuffled = false }, Order)
  for _, step in ipairs(steps) do
    if step.kind == "take" then
      self.size = math.min(self.size, step.a)
    else
      local n = self.count + 1
      self.count, self[n] = n, { kind = step.kind, a = step.a, b = step.b, size = self.size }
      if step.kind == "shuffle" then
        self.shuffled = true
      elseif self.size < math.huge then
        self.size = math.max(0, math.ceil((self.size - step.a + 1) / step.b))
      end
    end
  end
  return self
end

--- Returns the number of the source at a place.
---@param place number from 0 to size - 1
---@return number
function Order:at(place)
  for i = self.count, 1, -1 do
    local step = self[i]
    if step.kind == "shuffle" then
      place = C.mtr_shuffle(place, step.size, step.a)
    else
      place = place * step.b + step.a - 1
    end
  end
  return place
end

return M
