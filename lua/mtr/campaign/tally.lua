-- SPDX-License-Identifier: MIT
--
-- The counters of a campaign, and its summary.

local each = require "mtr.base.each"
local err = require "mtr.base.err"
local words = require "mtr.record.words"

local M = {}

---@class mtr.Summary
---@field targets integer taken from the list; each address of a prefix counts
---@field traces integer that have ended
---@field failed integer targets that could not be traced
---@field retried? integer attempts that failed and were followed by another one; nil: none
---@field probes integer probes sent, in all attempts
---@field hops integer hops settled
---@field stop_reasons table<string, integer> number of traces by stop reason
---@field errors table<string, integer> number of failed targets by name of the error
---@field first_error? string error of the first failed target
---@field halted boolean ended before its last target
---@field stopped_by? "time_limit" why it was halted, if an option did it
---@field thresholds? mtr.Outcome[] at the end, if the option thresholds was given
---@field as_table? mtr.AsTable how the files of the option asn were read
---@field already? boolean the state says that it has finished before: nothing was done

---@class mtr.Tally
local Tally = {}
Tally.__index = Tally

--- Makes a tally with all counters at 0.
---@return mtr.Tally
function M.new()
  return setmetatable({
    targets = 0, traces = 0, failed = 0, retried = 0, probes = 0, hops = 0, stops = {}, errors = {},
  }, Tally)
end

--- Counts a trace that has ended.
---@param reason? string a stop reason; nil: the one with this number
---@param number? integer
---@param probes integer
---@param hops integer
function Tally:count(reason, number, probes, hops)
  local key = reason or words.stop[number]
  self.traces, self.probes, self.hops = self.traces + 1, self.probes + probes, self.hops + hops
  self.stops[key] = (self.stops[key] or 0) + 1
end

--- Counts an attempt that another one follows.
---@param probes integer
function Tally:again(probes) self.retried, self.probes = self.retried + 1, self.probes + probes end

--- Counts a target that could not be traced.
---@param target string
---@param message string
---@param name string
function Tally:refuse(target, message, name)
  self.failed = self.failed + 1
  self.errors[name] = (self.errors[name] or 0) + 1
  self.first_error = self.first_error or ("%s: %s"):format(err.target(target), message)
end

local function copy(counts)
  local out = {}
  for key, n in each(counts) do out[key] = n end
  return out
end

local COUNTERS = { "targets", "traces", "failed", "retried", "probes", "hops", "stops", "errors",
  "first_error" }

--- Returns the counters as plain data.
---@param waiting integer targets of an earlier run that were not taken again so far
---@return table
function Tally:save(waiting)
  local data = {}
  for _, name in ipairs(COUNTERS) do data[name] = self[name] end
  data.targets = data.targets + waiting
  return data
end

--- Sets the counters to those of an earlier run.
---@param data table of save()
---@param again integer targets that were counted then and will be taken again
function Tally:restore(data, again)
  for _, name in ipairs(COUNTERS) do
    if data[name] ~= nil then self[name] = data[name] end
  end
  self.targets = self.targets - again
end

--- Makes the summary of the counters now.
---@param halted boolean
---@return mtr.Summary
function Tally:summary(halted)
  return {
    targets = self.targets, traces = self.traces, failed = self.failed,
    retried = self.retried > 0 and self.retried or nil, probes = self.probes, hops = self.hops,
    stop_reasons = copy(self.stops), errors = copy(self.errors),
    first_error = self.first_error, halted = halted,
  }
end

return M
