-- SPDX-License-Identifier: MIT
--
-- The reporter that writes results of all kinds in one format: for programs whose results come from
-- files. Each kind of results has its own reporter (see mtr.report), made when it is first needed;
-- they share one output. A format that cannot write a kind skips its results and counts them.

---@class mtr.Reports
---@field any fun(word: string, out?: mtr.ReportOut, opts?: table): mtr.Reporter of all kinds

local report = require "mtr.report"
local Sink = require "mtr.report.sink"

local KINDS = { "trace", "mda", "pmtu", "ping" }

local M = {}

---@class mtr.AnyReporter: mtr.Reporter
---@field word string the format
---@field names table<string, string> for each kind, the reporter that writes it
---@field single? mtr.Reporter it writes all kinds
---@field sink? mtr.Sink shared by several reporters
---@field open table<string, mtr.Reporter> those that have begun, by kind
---@field skipped table<string, integer> results that the format cannot write, by kind
local Any = {}
Any.__index = Any

--- Makes a reporter.
---@param word string one of mtr.report.formats()
---@param out? mtr.ReportOut
---@param opts? table
---@return mtr.AnyReporter
function M.new(word, out, opts)
  local self = setmetatable({ word = word, names = {}, open = {}, skipped = {}, opts = opts or {} },
    Any)
  local only, several
  for _, kind in ipairs(KINDS) do
    local name = report.name(kind, word)
    self.names[kind], several = name, several or only and name and name ~= only
    only = only or name
  end
  if not only then error(("report: there is no format %q"):format(word), 2) end
  if several then
    self.sink = Sink.new(word, out, opts)
  else
    self.single = report[only](out, opts)
  end
  return self
end

--- Opens the output.
function Any:start(meta)
  self.meta = meta
  if self.single then return self.single:start(meta) end
  return self.sink:open()
end

--- Returns the kind of a result.
---@param result table
---@return string
function M.kind(result)
  if result.type ~= "trace" then return "ping" end
  return rawget(result, "mda") and "mda" or rawget(result, "pmtu") and "pmtu" or "trace"
end

-- Begins the reporter of a kind.
local function begin(self, kind)
  local made = report[self.names[kind]](function(text) return self.sink:write(text) end, self.opts)
  self.open[kind] = made
  local ok, message, name = made:start(self.meta)
  if not ok and message then return nil, message, name end
  return made
end

-- Returns the reporter of a kind. It is not one function with begin(), because LuaJIT compiles no
-- path through a function in which a closure is made.
local function reporter(self, kind)
  local made = self.single or self.open[kind]
  if made then return made end
  return begin(self, kind)
end

--- Writes one result.
---@param result table
function Any:trace(result)
  local kind = M.kind(result)
  if not self.names[kind] then
    self.skipped[kind] = (self.skipped[kind] or 0) + 1
    return true
  end
  local made, message, name = reporter(self, kind)
  if not made then return nil, message, name end
  return made:trace(result)
end

--- Writes what a warts file has between results, if the format is warts.
---@param record table
---@param file table
function Any:record(record, file)
  local made = self.single
  if made and made.record then return made:record(record, file) end
  return true
end

--- Ends all reporters and closes the output.
function Any:finish(summary)
  if self.single then return self.single:finish(summary) end
  local ok, message, name = true, nil, nil
  for _, kind in ipairs(KINDS) do
    local made = self.open[kind]
    if made and made.finish and ok then ok, message, name = made:finish(summary) end
  end
  return self.sink:end_with(ok, message, name)
end

return M
