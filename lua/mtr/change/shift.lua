-- SPDX-License-Identifier: MIT
--
-- Finds a lasting shift of the RTT to a target: a change of its level, not of its noise.
--
-- The last 5 RTTs are compared with up to 20 before them, the baseline, once that has 10. The level
-- has shifted if their medians differ by more than 4 standard deviations of the baseline, and by
-- more than 1 ms and 5 percent of its median. The standard deviation is estimated as 1.4826 times
-- the median absolute deviation: this is right for normal noise, and a few wild values do not
-- change it. So up to 2 wild values of 5 are no shift. After a shift the last 5 RTTs begin a new
-- baseline. A level that drifts more slowly than the baseline follows is not reported.

local compat = require "mtr.compat"

local BASE, ENOUGH, RECENT = 20, 10, 5
local DEVIATIONS, MAD_TO_DEVIATION = 4, 1.4826
local LEAST_MS, LEAST_SHARE = 1, 0.05

local M = {}

---@class mtr.Shift
---@field base number[] ms, the oldest first
---@field recent number[] ms, the last ones
local Shift = {}
Shift.__index = Shift

--- Makes one that knows nothing, or what save() has returned.
---@param saved? { base: number[], recent: number[] }
---@return mtr.Shift
function M.new(saved)
  saved = saved or {}
  return setmetatable({ base = saved.base or {}, recent = saved.recent or {} }, Shift)
end

--- Returns the median of numbers, and the median of their distances from it.
---@param numbers number[]
---@return number median, number mad
function M.median(numbers)
  local function middle(list)
    table.sort(list)
    local n = #list
    return (list[math.floor((n + 1) / 2)] + list[math.ceil((n + 1) / 2)]) / 2
  end
  local median, distances = middle { compat.unpack(numbers) }, {}
  for i, number in ipairs(numbers) do distances[i] = math.abs(number - median) end
  return median, middle(distances)
end

--- Takes an RTT.
---@param rtt number ms
---@return { from: number, to: number }? shift the medians before and after, in ms
function Shift:add(rtt)
  local base, recent = self.base, self.recent
  recent[#recent + 1] = rtt
  if #recent < RECENT then return nil end
  if #base >= ENOUGH then
    local from, mad = M.median(base)
    local to = M.median(recent)
    local most = math.max(DEVIATIONS * MAD_TO_DEVIATION * mad, LEAST_MS, LEAST_SHARE * from)
    if math.abs(to - from) > most then
      self.base, self.recent = recent, {}
      return { from = from, to = to }
    end
  end
  base[#base + 1] = table.remove(recent, 1)
  if #base > BASE then table.remove(base, 1) end
  return nil
end

--- Forgets all, because the path is another one.
function Shift:reset() self.base, self.recent = {}, {} end

--- Returns plain data for new().
---@return { base: number[], recent: number[] }
function Shift:save() return { base = self.base, recent = self.recent } end

return M
