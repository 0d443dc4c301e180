-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- The library collects lines for a file in memory, and writes them in pieces of at most 256 KiB and
-- once a second, without Lua strings. If the disk becomes full, the part of a line that was written
-- is overwritten with blanks, the error names the file, and nothing more is written; so the file
-- has only whole lines. A partial line on a pipe cannot be overwritten. A function gets each line
-- at once.
--
-- A result may also be a plain table: `fields` lists the members to write, in order.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local json = require "mtr.record.json"
local Sink = require "mtr.report.sink"

local SIZE = 262144
local EMSGSIZE = err.code.EMSGSIZE

local M = {}

---@class mtr.JsonlReporter: mtr.Reporter
---@field path? string
---@field sink mtr.Sink
---@field fields? string[] members of plain tables to write
local Jsonl = {}
Jsonl.__index = Jsonl

--- Makes a reporter.
---@param out? mtr.ReportOut a file, which is overwritten; "-", the default, is standard output
---@param opts? { fields?: string[] }
---@return mtr.JsonlReporter
function M.new(out, opts)
  local place, fields = Sink.new("jsonl", out), opts and opts.fields
  return setmetatable({
    sink = place, path = place.path, fields = fields, shape = json.shape(fields or {}),
    buffer = place.path and lib.new("char[?]", SIZE), used = lib.new "uint32_t[1]",
  }, Jsonl)
end

--- Opens the file.
function Jsonl:start()
  local ok, message, name = self.sink:open()
  self.file = self.sink.file
  return ok, message, name
end

local function failed(reporter, code)
  reporter.used[0] = 0
  return reporter.sink:failed(code)
end

local function flush(reporter)
  local used = reporter.used[0]
  if used == 0 then return true end
  reporter.used[0] = 0
  return reporter.sink:put(reporter.buffer, used)
end

local function encode(reporter, result)
  if result.json then return result:json() end
  local line = {}
  for _, name in ipairs(reporter.fields) do line[name] = result[name] end
  return json.encode(line, reporter.shape)
end

-- Writes a result that is not from the engine, or is longer than the buffer.
local function whole(reporter, result)
  local ok, message, name = flush(reporter)
  if not ok then return nil, message, name end
  return reporter.sink:write(encode(reporter, result) .. "\n")
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  local code = self.file and result.line and result:line(self.file, self.buffer, SIZE, self.used)
  if code == 0 then return true end
  if code and code ~= -EMSGSIZE then return failed(self, code) end
  return whole(self, result)
end

--- Writes the lines in memory to the file.
function Jsonl:update() return flush(self) end

--- Writes the rest and closes the file.
function Jsonl:finish()
  local ok, message, name = flush(self)
  local closed, problem, what = self.sink:close()
  if not ok then return nil, message, name end
  return closed, problem, what
end

return M
