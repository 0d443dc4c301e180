-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- Lines for a file are gathered in memory by the library and written from there, in pieces of 256
-- KiB at most and once a second; no Lua string is made of them. When the disk is full the part of a
-- line that it took is blanked out, the write's error names the file, and nothing more is written:
-- what is there reads as whole records. On a pipe a line in pieces cannot be taken back. A function
-- gets each line at once.
--
-- A plain table is a result too: `fields` says which of its members are written, and their order.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local json = require "mtr.record.json"
local sink = require "mtr.report.sink"

local SIZE = 262144
local EMSGSIZE = err.code.EMSGSIZE

local M = {}

---@class mtr.JsonlReporter: mtr.Reporter
---@field path? string
---@field sink mtr.Sink
---@field fields? string[] of plain tables
local Jsonl = {}
Jsonl.__index = Jsonl

--- A reporter.
---@param out? mtr.ReportOut the file, written anew; "-", the default, is standard output
---@param opts? { fields?: string[] }
---@return mtr.JsonlReporter
function M.new(out, opts)
  local place, fields = sink.new("jsonl", out), opts and opts.fields
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

-- A result that is not the engine's, or longer than the memory there is.
local function whole(reporter, result)
  local ok, message, name = flush(reporter)
  if not ok then return nil, message, name end
  return reporter.sink:write(encode(reporter, result) .. "\n")
end

--- Takes one result.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  local code = self.file and result.line and result:line(self.file, self.buffer, SIZE, self.used)
  if code == 0 then return true end
  if code and code ~= -EMSGSIZE then return failed(self, code) end
  return whole(self, result)
end

--- Writes what is gathered.
function Jsonl:update() return flush(self) end

--- Writes the rest and closes the file.
function Jsonl:finish()
  local ok, message, name = flush(self)
  local closed, problem, what = self.sink:close()
  if not ok then return nil, message, name end
  return closed, problem, what
end

return M
