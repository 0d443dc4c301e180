-- SPDX-License-Identifier: MIT
--
-- Estimates percentiles of any number of values in bounded memory. A value from LEAST up is counted
-- in a bucket whose borders are STEP apart as a factor, so an estimate is at most 1 % off; smaller
-- values count as LEAST. minimum, maximum and mean are exact. (DDSketch, Masson and others, 2019.)

local each = require "mtr.base.each"

local M = {}

local LEAST, MOST, STEP = 1e-3, 1e9, 1.02
local LOG = math.log(STEP)

---@class mtr.Quantile
---@field n integer
---@field sum number
---@field min? number
---@field max? number
local Quantile = {}
Quantile.__index = Quantile

--- Makes an estimator without values.
---@return mtr.Quantile
function M.new() return setmetatable({ n = 0, sum = 0, buckets = {} }, Quantile) end

--- Adds a value, 0 or more.
---@param value number
function Quantile:add(value)
  local i = math.floor(math.log(math.min(math.max(value, LEAST), MOST) / LEAST) / LOG)
  self.buckets[i] = (self.buckets[i] or 0) + 1
  self.n, self.sum = self.n + 1, self.sum + value
  self.min, self.max = math.min(self.min or value, value), math.max(self.max or value, value)
end

local EXACT = { "sum", "min", "max" }  -- saved as text, which keeps all their digits

--- Returns the values as plain data: buckets[i] is the number of a bucket, counts[i] how many
--- values are in it.
---@return table
function Quantile:save()
  local data = { n = self.n, buckets = {}, counts = {} }
  for _, name in ipairs(EXACT) do data[name] = self[name] and ("%.17g"):format(self[name]) end
  for i in each(self.buckets) do data.buckets[#data.buckets + 1] = i end
  table.sort(data.buckets)
  for k, i in ipairs(data.buckets) do data.counts[k] = self.buckets[i] end
  return data
end

--- Makes an estimator of what save() returned.
---@param data table
---@return mtr.Quantile
function M.restored(data)
  local self = M.new()
  self.n = data.n
  for _, name in ipairs(EXACT) do self[name] = tonumber(data[name]) end
  for k, i in ipairs(data.buckets) do self.buckets[i] = data.counts[k] end
  return self
end

--- Returns the mean of the values, or nil without any.
---@return number?
function Quantile:mean() return self.n > 0 and self.sum / self.n or nil end

--- Returns the value that `percent` of the values do not exceed, or nil without any.
---@param percent number 0..100
---@return number?
function Quantile:percentile(percent)
  if self.n == 0 then return nil end
  local keys, rank, seen = {}, math.max(1, math.ceil(self.n * percent / 100)), 0
  for i in each(self.buckets) do keys[#keys + 1] = i end
  table.sort(keys)
  for _, i in ipairs(keys) do
    seen = seen + self.buckets[i]
    if seen >= rank then
      return math.min(math.max(LEAST * STEP ^ (i + 0.5), self.min), self.max)
    end
  end
end

return M
