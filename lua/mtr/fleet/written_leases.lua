-- SPDX-License-Identifier: MIT
--
-- Which leases a drain has written, for each vantage point: as ranges, since nearly all are done in
-- order. As text: "1-500,502".

local M = {}

---@class mtr.FleetWrittenLeases
---@field low integer[] first numbers of the ranges, ascending
---@field high integer[] their last numbers
local WrittenLeases = {}
WrittenLeases.__index = WrittenLeases

--- Makes an empty set, or the set that a text says; nil if the text says none.
---@param text? string
---@return mtr.FleetWrittenLeases?
function M.new(text)
  local self = setmetatable({ low = {}, high = {} }, WrittenLeases)
  for part in (text or ""):gmatch "[^,]+" do
    local low, high = part:match "^(%d+)%-?(%d*)$"
    if not low then return nil end
    local i = #self.low + 1
    self.low[i], self.high[i] = tonumber(low), tonumber(high ~= "" and high or low)
  end
  return self
end

-- Returns the index of the last range that begins at or below n; 0: none.
local function find(self, n)
  local first, last = 1, #self.low
  while first <= last do
    local middle = math.floor((first + last) / 2)
    if self.low[middle] <= n then first = middle + 1 else last = middle - 1 end
  end
  return last
end

--- Is a number in the set?
---@param n integer
---@return boolean
function WrittenLeases:has(n)
  local i = find(self, n)
  return i > 0 and n <= self.high[i]
end

--- Adds a number.
---@param n integer
function WrittenLeases:add(n)
  local i = find(self, n)
  if i > 0 and n <= self.high[i] then return end
  local below, above = i > 0 and self.high[i] == n - 1, self.low[i + 1] == n + 1
  if below and above then
    self.high[i] = self.high[i + 1]
    table.remove(self.low, i + 1)
    table.remove(self.high, i + 1)
  elseif below then
    self.high[i] = n
  elseif above then
    self.low[i + 1] = n
  else
    table.insert(self.low, i + 1, n)
    table.insert(self.high, i + 1, n)
  end
end

--- Returns the set as text.
---@return string
function WrittenLeases:text()
  local parts = {}
  for i, low in ipairs(self.low) do
    local high = self.high[i]
    parts[i] = low == high and ("%.0f"):format(low) or ("%.0f-%.0f"):format(low, high)
  end
  return table.concat(parts, ",")
end

return M
