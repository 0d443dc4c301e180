-- SPDX-License-Identifier: MIT
--
-- What a campaign must reach: { completed = ">= 0.9", ["rtt.p95"] = "< 250" }.
--
-- Figures are the share of the ended traces with a stop reason, `failed` (the share of the targets
-- that could not be traced), the counts targets, traces and probes, and of rtt (ms to each target
-- that answered), duration (ms of a trace) and hops: min, mean, max, or a percentile such as p95.
-- A figure without any value is unmet. mtrlua ends with status 99 if a threshold is unmet.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local quantile = require "mtr.campaign.quantile"

local M = {}

--- How many thresholds of all campaigns were unmet so far.
M.unmet = 0

local SHARES, COUNTS = { failed = true }, { targets = true, traces = true, probes = true }
local SPREADS = { rtt = true, duration = true, hops = true }
local NAMES = { "failed", "targets", "traces", "probes" }

for word, number in pairs(words.stop) do
  if type(word) == "string" and number > 0 then SHARES[word], NAMES[#NAMES + 1] = true, word end
end
for name in pairs(SPREADS) do
  for _, part in ipairs { "min", "mean", "max", "p50", "p95", "p99" } do
    NAMES[#NAMES + 1] = name .. "." .. part
  end
end
table.sort(NAMES)

local COMPARE = {
  ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
  ["=="] = function(a, b) return a == b end,
}

-- Returns true if there is a figure of this name.
local function known(name)
  if SHARES[name] or COUNTS[name] then return true end
  local spread, part = name:match "^(%a+)%.(%w+)$"
  if not SPREADS[spread] then return false end
  local percent = tonumber(part:match "^p(%d+)$")
  return part == "min" or part == "mean" or part == "max" or percent and percent <= 100
end

-- Reads one threshold; returns nil and what is wrong with it.
local function read(name, wanted)
  if type(name) ~= "string" or not known(name) then
    local near = type(name) == "string" and err.nearest(name, NAMES)
    return nil, ("there is no figure %s%s"):format(err.show(name),
      near and ("; did you mean %q?"):format(near) or "")
  end
  local operator, number, percent
  if type(wanted) == "string" then
    operator, number, percent = wanted:match "^%s*([<>=]+)%s*(%d*%.?%d+)%s*(%%?)%s*$"
  end
  local limit, compare = tonumber(number), COMPARE[operator]
  if not compare or not limit then
    return nil, ('%s must be <, <=, >, >= or == and a number, such as ">= 0.9", got %s'):format(
      name, err.show(wanted))
  end
  if percent == "%" then limit = limit / 100 end
  if (SHARES[name] or percent == "%") and (limit > 1 or not SHARES[name]) then
    return nil, ('%s must be compared with %s, got %s'):format(name,
      SHARES[name] and 'a share from 0 to 1, or "90%"' or "a number", err.show(wanted))
  end
  return { figure = name, wanted = wanted, limit = limit, compare = compare }
end

---@class mtr.Thresholds
---@field list table[]
local Thresholds = {}
Thresholds.__index = Thresholds

--- Makes the thresholds of a campaign; returns nil and a message if one is wrong.
---@param given table<string, string>
---@return mtr.Thresholds?
---@return string? message
function M.new(given)
  local self = setmetatable({ list = {} }, Thresholds)
  for name, text in each(given) do
    local one, problem = read(name, text)
    if not one then return nil, "thresholds: " .. problem end
    self.list[#self.list + 1] = one
    local spread = name:match "^(%a+)%."
    if spread then self[spread] = quantile.new() end
  end
  table.sort(self.list, function(a, b) return a.figure < b.figure end)
  return self
end

--- Counts a trace that has ended.
---@param result mtr.Result|mtr.BorrowedResult
function Thresholds:count(result)
  if self.duration then self.duration:add(result.duration) end
  if self.hops then self.hops:add(result.hop_count) end
  if self.rtt and result.stop_reason == "completed" then
    local hops = result:copy().hops
    local last = hops[#hops]
    if last and last.rtt then self.rtt:add(last.rtt) end
  end
end

--- Returns the values so far as plain data.
---@return table<string, table>
function Thresholds:save()
  local data = {}
  for name in pairs(SPREADS) do
    if self[name] then data[name] = self[name]:save() end
  end
  return data
end

--- Sets the values to those of an earlier run.
---@param data table of save()
function Thresholds:restore(data)
  for name in pairs(SPREADS) do
    if self[name] and data[name] then self[name] = quantile.restored(data[name]) end
  end
end

local function value(self, name, summary)
  if COUNTS[name] then return summary[name] end
  if name == "failed" then
    return summary.targets > 0 and summary.failed / summary.targets or nil
  elseif SHARES[name] then
    return summary.traces > 0 and (summary.stop_reasons[name] or 0) / summary.traces or nil
  end
  local spread, part = name:match "^(%a+)%.(%w+)$"
  local values = self[spread]
  if part == "mean" then return values:mean() end
  return values[part] or values:percentile(tonumber(part:match "%d+") or 0)
end

---@class mtr.Outcome
---@field figure string
---@field wanted string as it was given
---@field value? number nil: no trace has such a value
---@field met boolean

--- Compares the thresholds with the end of a campaign, by figure.
---@param summary mtr.Summary
---@return mtr.Outcome[]
function Thresholds:judge(summary)
  local outcomes = {}
  for i, one in ipairs(self.list) do
    local is = value(self, one.figure, summary)
    local met = is ~= nil and one.compare(is, one.limit)
    if not met then M.unmet = M.unmet + 1 end
    outcomes[i] = { figure = one.figure, wanted = one.wanted, value = is, met = met }
  end
  return outcomes
end

--- Puts into a summary how its thresholds, if there are some, compare with it.
---@param given? mtr.Thresholds
---@param summary mtr.Summary
function M.judge(given, summary)
  if given then summary.thresholds = given:judge(summary) end
end

return M
