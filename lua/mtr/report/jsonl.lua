-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- Lines are gathered in memory by the library and written from there, in pieces of 256 KiB at most
-- and once a second; no Lua string is made of them. When the disk is full the part of a line that
-- it took is blanked out, the write's error names the file, and nothing more is written: what is
-- there reads as whole records. On a pipe a line in pieces cannot be taken back.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local SIZE = 262144
local EMSGSIZE = err.code.EMSGSIZE

local M = {}

---@class mtr.JsonlReporter: mtr.Reporter
---@field path string
local Jsonl = {}
Jsonl.__index = Jsonl

--- A reporter.
---@param path? string the file, written anew; "-", the default, is standard output
---@return mtr.JsonlReporter
function M.new(path)
  if path ~= nil and type(path) ~= "string" then
    error(("report.jsonl: the path must be a string, got %s"):format(err.show(path)), 2)
  end
  return setmetatable({
    path = path or "-", buffer = lib.new("char[?]", SIZE), used = lib.new "uint32_t[1]",
  }, Jsonl)
end

--- Opens the file.
function Jsonl:start()
  if self.path == "-" then
    self.file, self.name = io.stdout, "standard output"
    return true
  end
  local file, _, code = io.open(self.path, "w")
  if not file then return err.env(code, self.path) end
  file:setvbuf "no"
  self.file, self.name, self.own = file, self.path, true
  return true
end

local function failed(reporter, code)
  reporter.used[0] = 0
  return err.env(code, "writing " .. reporter.name)
end

local function put(reporter, bytes, size)
  local code = C.mtr_write_lines(reporter.file, bytes, size)
  if code < 0 then return failed(reporter, code) end
  return true
end

local function flush(reporter)
  local used = reporter.used[0]
  if used == 0 then return true end
  reporter.used[0] = 0
  return put(reporter, reporter.buffer, used)
end

-- A result that is not the engine's, or longer than the memory there is.
local function whole(reporter, result)
  local ok, message, name = flush(reporter)
  if not ok then return nil, message, name end
  local text = result:json() .. "\n"
  return put(reporter, text, #text)
end

--- Takes one result.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  local code = result.line and result:line(self.file, self.buffer, SIZE, self.used)
  if code == 0 then return true end
  if code and code ~= -EMSGSIZE then return failed(self, code) end
  return whole(self, result)
end

--- Writes what is gathered.
function Jsonl:update() return flush(self) end

--- Writes the rest and closes the file.
function Jsonl:finish()
  local ok, message, name = flush(self)
  if self.own and not self.file:close() and ok then
    return err.own("EIO", "closing " .. self.name)
  end
  return ok, message, name
end

return M
