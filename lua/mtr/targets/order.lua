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
---@field steps integer that change the order
---@field at fun(place: number): number the number of the source at a place, from 0 to size - 1

local M = {}

-- Returns a function that computes the number at a place of this step, and then asks the next one.
-- Closures, because they compile where a loop over the steps does not.
local function follow(step, size, before)
  local a, b = step.a, step.b
  if step.kind == "shuffle" then
    return function(place) return before(C.mtr_shuffle(place, size, a)) end
  end
  return function(place) return before(place * b + a - 1) end
end

local function same(place) return place end

--- Makes an order over a source.
---@param steps mtr.OrderStep[]
---@param size number of targets in the source; math.huge: unknown
---@return mtr.Order
function M.new(steps, size)
  local self = { at = same, size = size, steps = 0 }
  for _, step in ipairs(steps) do
    if step.kind == "take" then
      self.size = math.min(self.size, step.a)
    else
      self.at, self.steps = follow(step, self.size, self.at), self.steps + 1
      if step.kind == "shard" and self.size < math.huge then
        self.size = math.max(0, math.ceil((self.size - step.a + 1) / step.b))
      end
    end
  end
  return self
end

return M
