-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- Lines are gathered in memory and written in pieces of 64 KiB at most, and once a second. When the
-- disk is full the part of a line that it took is blanked out, the write's error names the file,
-- and nothing more is written: what is there reads as whole records. On a pipe a line in pieces
-- cannot be taken back.

local lib = require "mtr.lib"
local err = require "mtr.err"

local SIZE = 65536
local NEWLINE = 10

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
    path = path or "-", buffer = lib.new("char[?]", SIZE), used = 0,
  }, Jsonl)
end

--- Opens the file.
function Jsonl:start()
  if self.path == "-" then
    self.file, self.name = io.stdout, "standard output"
    return true
  end
  local file, message, code = io.open(self.path, "w")
  if not file then return err.env(code, message) end
  file:setvbuf "no"
  self.file, self.name, self.own = file, self.path, true
  return true
end

-- What was written of a text that did not fit ends in the middle of a line: blanks that part.
local function blank(file, from, text)
  local taken = from and file:seek "end" - from
  if not taken or taken <= 0 or taken > #text then return end
  local line = text:sub(1, taken):match "[^\n]*$"
  if file:seek("set", from + taken - #line) then file:write((" "):rep(#line)) end
end

local function put(reporter, text)
  local file = reporter.file
  local from = file:seek()
  local ok, message, code = file:write(text)
  if ok then ok, message, code = file:flush() end
  if ok then return true end
  blank(file, from, text)
  return err.env(code, ("writing %s: %s"):format(reporter.name, message))
end

local function flush(reporter)
  if reporter.used == 0 then return true end
  local text = lib.string(reporter.buffer, reporter.used)
  reporter.used = 0
  return put(reporter, text)
end

-- A result that is not the engine's, or longer than the memory there is.
local function whole(reporter, result)
  local ok, message, name = flush(reporter)
  if not ok then return nil, message, name end
  return put(reporter, result:json() .. "\n")
end

--- Takes one result.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  if not result.write then return whole(self, result) end
  local left = SIZE - self.used - 1
  local n = result:write(self.buffer + self.used, math.max(left, 0))
  if n and n > left then
    local ok, message, name = flush(self)
    if not ok then return nil, message, name end
    left = SIZE - 1
    n = result:write(self.buffer, left)
  end
  if not n or n > left then return whole(self, result) end
  self.used = self.used + n + 1
  self.buffer[self.used - 1] = NEWLINE
  return true
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
