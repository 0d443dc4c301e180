-- SPDX-License-Identifier: MIT
--
-- Which targets of a campaign are traced again: retry = { times = 2, after = "30s" }.
--
-- Only the last attempt of a target counts: its result goes to the reporters and to on_trace, or
-- its error to on_error. With `all` the results of the earlier ones go there too. result.try is the
-- number of the attempt, from 1.

local check = require "mtr.base.check"
local err = require "mtr.base.err"
local words = require "mtr.record.words"

local M = {}

---@class mtr.RetryOptions
---@field times? integer attempts after the first; default 1
---@field after? number|string wait before the next attempt; default "30s"
---@field when? string[] stop reasons; "timeout": no hop answered; "failed": the target could not be
--- traced, such as a name that was not found. Default { "timeout", "gaplimit" }
---@field all? boolean hand out the results of all attempts

-- Traces that may have ended without a single answer.
local SILENT = { gaplimit = true, hoplimit = true }
local WHEN = { timeout = true, failed = true }
local NAMES = { "timeout", "failed" }
for word, number in pairs(words.stop) do
  if type(word) == "string" and number > 0 and word ~= "halted" then
    WHEN[word], NAMES[#NAMES + 1] = true, word
  end
end
table.sort(NAMES)

local wanted = "must be a list of some of " .. table.concat(NAMES, ", ")

local function reasons(value)
  if type(value) == "string" then value = { value } end
  if type(value) ~= "table" or value[1] == nil then return nil, wanted end
  local set = {}
  for _, word in ipairs(value) do
    local near = not WHEN[word] and type(word) == "string" and err.nearest(word, NAMES)
    if not WHEN[word] then
      return nil, wanted, (" with %s%s"):format(err.show(word),
        near and ("; did you mean %q?"):format(near) or "")
    end
    set[word] = true
  end
  return set
end

local DECLARATION = check.declare("retry", {
  { name = "times", kind = check.integer(0, 1000), doc = "attempts after the first" },
  { name = "after", kind = check.duration(0, 1e9), doc = "wait before the next" },
  { name = "when", kind = reasons, doc = "which ends of a trace" },
  { name = "all", kind = check.type "boolean", doc = "hands out all results" },
})

---@class mtr.Retry
---@field times integer
---@field after number ms
---@field when table<string, true>
---@field all boolean
local Retry = {}
Retry.__index = Retry

--- Makes it of the option, a table or a number of times; returns nil and a message if it is wrong.
---@param given integer|mtr.RetryOptions
---@return mtr.Retry?
---@return string? message
function M.new(given)
  local self = setmetatable({
    times = 1, after = 30000, when = { timeout = true, gaplimit = true }, all = false,
  }, Retry)
  if type(given) == "number" then given = { times = given } end
  local bug = check.each(DECLARATION, given, function(option, value) self[option.name] = value end)
  if bug then return nil, bug end
  return self
end

local function silent(result)
  for _, hop in ipairs(result:copy().hops) do
    if hop.addr then return false end
  end
  return true
end

--- Returns true if a target is traced again after a result.
---@param attempt integer the number of the attempt that has ended
---@param result mtr.Result|mtr.BorrowedResult
---@return boolean
function Retry:wants(attempt, result)
  if attempt > self.times then return false end
  local reason = result.stop_reason
  if self.when[reason] then return true end
  return self.when.timeout and SILENT[reason] and silent(result) or false
end

--- Returns true if a target that could not be traced is tried again.
---@param attempt integer
---@return boolean
function Retry:wants_failed(attempt)
  return attempt <= self.times and self.when.failed ~= nil
end

return M
