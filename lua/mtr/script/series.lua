-- SPDX-License-Identifier: MIT
--
-- Running statistics of a series of numbers, such as the RTTs of a hop: count, extremes, mean and
-- deviation (Welford), three kinds of jitter, quantiles. Needs constant memory and makes no
-- garbage.
--
-- Jitter is the difference between numbers that are added one after the other:
--   jitter               the last |difference|: mtr's Jttr
--   jitter_avg           mean |difference|: mtr's Javg divides by one more
--   jitter_max           the largest |difference|: mtr's Jmax
--   jitter_interarrival  RFC 3550 6.4.1: j = j + (|difference| - j) / 16; mtr's Jint: 16 times
--
-- Up to EXACT numbers, quantiles are exact (nearest rank). With more, numbers are counted in
-- buckets of equal ratio (DDSketch; Masson, Rim, Lee, VLDB 2019), and a quantile differs from the
-- number of that rank by at most 1 %, for any distribution. All numbers below FLOOR (a nanosecond,
-- if numbers are ms) share bucket 0, so negative numbers are not allowed.

local M = {}

local EXACT, ERROR, FLOOR = 256, 0.01, 1e-6
local RATIO = (1 + ERROR) / (1 - ERROR)
local LOG_RATIO = math.log(RATIO)

--- How many numbers have exact quantiles, and the relative error with more.
M.EXACT, M.ERROR = EXACT, ERROR

---@class mtr.Series
---@field count integer
---@field last? number
---@field min? number
---@field max? number
---@field mean number 0 if empty
---@field jitter? number nil with fewer than two numbers; the others too
---@field jitter_avg? number
---@field jitter_max? number
---@field jitter_interarrival? number
local Series = {}
Series.__index = Series

--- Makes an empty series.
---@return mtr.Series
function M.new()
  return setmetatable({
    count = 0, mean = 0, squares = 0, logs = 0, values = {}, buckets = false, low = 0, high = 0,
  }, Series)
end

local function count(series, value)
  local i = 0
  if value > FLOOR then i = math.ceil(math.log(value / FLOOR) / LOG_RATIO) end
  series.buckets[i] = (series.buckets[i] or 0) + 1
  series.low, series.high = math.min(series.low, i), math.max(series.high, i)
end

local function keep(series, value)
  local values = series.values
  if values and series.count <= EXACT then
    values[series.count], series.sorted = value, nil
    return
  end
  if values then
    series.buckets, series.low, series.high = {}, math.huge, -math.huge
    for i = 1, EXACT do count(series, values[i]) end
    series.values, series.sorted = false, nil
  end
  count(series, value)
end

local function differ(series, value)
  local difference = math.abs(value - series.last)
  local n = series.count - 1             -- differences so far, this one included
  local average, smooth = series.jitter_avg or 0, series.jitter_interarrival or 0
  series.jitter = difference
  series.jitter_avg = average + (difference - average) / n
  series.jitter_max = math.max(series.jitter_max or 0, difference)
  series.jitter_interarrival = smooth + (difference - smooth) / 16
end

--- Adds a number, 0 or more.
---@param value number
function Series:add(value)
  local off = value - self.mean
  self.count = self.count + 1
  self.mean = self.mean + off / self.count
  self.squares = self.squares + off * (value - self.mean)
  self.logs = self.logs + math.log(math.max(value, FLOOR))
  self.min, self.max = math.min(self.min or value, value), math.max(self.max or value, value)
  if self.last then differ(self, value) end
  self.last = value
  keep(self, value)
end

--- Returns the sample standard deviation; nil with fewer than two numbers.
---@return number?
function Series:stdev()
  return self.count > 1 and math.sqrt(self.squares / (self.count - 1)) or nil
end

--- Returns the geometric mean; nil if empty.
---@return number?
function Series:geometric_mean()
  return self.count > 0 and math.exp(self.logs / self.count) or nil
end

local function sketched(series, rank)
  local seen = 0
  for i = series.low, series.high do
    seen = seen + (series.buckets[i] or 0)
    if seen >= rank then
      local value = i > 0 and FLOOR * 2 * RATIO ^ i / (RATIO + 1) or 0
      return math.max(series.min, math.min(series.max, value))
    end
  end
end

--- Returns a quantile: the share `q` of all numbers is at or below it; nil if empty.
---@param q number 0..1; 0.5 is the median
---@return number?
function Series:quantile(q)
  if type(q) ~= "number" or not (q >= 0 and q <= 1) then
    error("quantile: must be 0..1, got " .. tostring(q), 2)
  end
  if self.count == 0 then return nil end
  local rank = math.max(1, math.ceil(q * self.count))
  if rank == self.count then return self.max end
  if self.buckets then return sketched(self, rank) end
  if not self.sorted then
    self.sorted = {}
    for i = 1, self.count do self.sorted[i] = self.values[i] end
    table.sort(self.sorted)
  end
  return self.sorted[rank]
end

return M
