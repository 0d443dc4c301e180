-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- The library collects lines for a file in the memory of the sink, without Lua strings; a function
-- gets each line at once. What is in the file is whole lines: see mtr.report.sink.
--
-- With `only` a line has only these members, and is made in Lua.
--
-- A result may also be a plain table: `fields` lists the members to write, in order; by default
-- those of a ping.

---@class mtr.Reports
---@field jsonl fun(out?: mtr.ReportOut, opts?: table): mtr.Reporter each result as a line of JSON

local json = require "mtr.record.json"
local only = require "mtr.report.only"
local ping = require "mtr.report.ping"
local Sink = require "mtr.report.sink"

---@class mtr.JsonlOptions: mtr.SinkOptions
---@field fields? string[] members of plain tables to write
---@field only? string[] members to write, such as { "dst", "stop_reason" }

---@class mtr.JsonlReporter: mtr.Reporter
---@field sink mtr.Sink
---@field opts mtr.JsonlOptions
---@field fast boolean a line can be written into the memory of the sink
---@field shape? mtr.JsonShape
local Jsonl = {}

local function encode(self, result)
  if self.opts.only then return only.encode(self.opts.only, result) .. "\n" end
  if result.json then return result:json() .. "\n" end
  local line, fields = {}, self.opts.fields or ping.fields
  self.shape = self.shape or json.shape(fields)
  for _, name in ipairs(fields) do line[name] = result[name] end
  return json.encode(line, self.shape) .. "\n"
end

local function again(self, result)
  local sink = self.sink
  return result:line(sink.buffer, sink.room, sink.used)
end

-- Writes the result that gave this code for its line: false, it has no line().
local function rest(self, result, code)
  local ok, message, name = self.sink:settle(code, again, self, result)
  if ok ~= false then return ok, message, name end
  return self.sink:write(encode(self, result))
end

--- Writes one result. What is rare is in another function: LuaJIT must keep all that is in use
--- where it leaves compiled code, and fails if that is too much.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  local sink = self.sink
  local code = self.fast and result.line and result:line(sink.buffer, sink.room, sink.used)
  if code == 0 then return true end
  return rest(self, result, code)
end

--- Writes lines of JSON that are as it would write them: see mtr.record.verbatim.
---@param lines string whole lines
function Jsonl:verbatim(lines) return self.sink:write(lines) end

local M = Sink.reporter("jsonl", Jsonl, { buffered = true })
local make = M.new

--- Makes a reporter.
---@param out? mtr.ReportOut
---@param opts? mtr.JsonlOptions
---@return mtr.JsonlReporter
function M.new(out, opts)
  local bug = opts and only.wrong(opts.only)
  if bug then error("report.jsonl: " .. bug, 2) end
  local self = make(out, opts)
  self.fast = self.sink.buffer ~= nil and not self.opts.only
  if opts and opts.only then self.verbatim = false end
  return self
end

return M
