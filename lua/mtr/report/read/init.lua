-- SPDX-License-Identifier: MIT
--
-- Reads results from files that reporters wrote: JSON lines and warts, compressed by gzip or not.
-- Which of them a file is, is seen from its bytes.
--
--     local file = assert(mtr.report.read "out.warts.gz")
--     for result in file:results() do print(result.dst, result.stop_reason) end
--     if file.problem then print(file.problem) end
--
-- A file ends at its first fault. After file:skip_wrong() results go on behind wrong lines of JSON.

local err = require "mtr.base.err"
local input = require "mtr.report.read.input"
local jsonl = require "mtr.report.read.jsonl"
local warts = require "mtr.report.read.warts"

local M = {}

local BEGINNING = 65536                -- bytes that are looked at

---@class mtr.ReadFile
---@field name string in messages
---@field input mtr.Input
---@field source mtr.WartsResults|mtr.JsonlResults
---@field problem? string why it ended before the end of the file
local File = {}
File.__index = File

-- Returns what reads an input. The first line of JSON may be damaged, as that of the rest of a file
-- that was cut in two.
local function source(bytes)
  local first = bytes:peek(64)
  local _, message, name = bytes:problem()
  if message then return nil, message, name end
  if first == "" then return err.named("ENODATA", bytes.name .. ": the file is empty") end
  if first:sub(1, 1) == "\18" then return warts.new(bytes) end
  if first:find "^%s*{" or first:find "^%s+$"
    or bytes:peek(BEGINNING):find('\n{"type":"', 1, true) then return jsonl.new(bytes) end
  return err.named("EBADMSG", bytes.name
    .. ": this is neither warts nor JSON lines (nor either of them compressed)")
end

--- Opens a file.
---@param path string "-": standard input
---@return mtr.ReadFile?
---@return string? message, string? name
function M.open(path)
  local bytes, message, name = input.open(path)
  if not bytes then return nil, message, name end
  local from
  from, message, name = source(bytes)
  if from then return setmetatable({ name = bytes.name, input = bytes, source = from }, File) end
  bytes:close()
  return nil, message, name
end

--- Reads the next result: a mtr.Result, or a line of a ping (see mtr.report.ping). Between them are
--- { type = "warts", record =, file = }: lists and cycles of a warts file.
---@return table? nil at the end, or with a message
---@return string? message, string? name
function File:next() return self.source:next() end

--- Iterates over the results. If the file is damaged, they end there, and `problem` says why.
---@return fun(): table?
function File:results()
  return function()
    local result, message
    repeat result, message = self:next() until not result or result.type ~= "warts"
    self.problem = message
    return result
  end
end

--- Passes over whole lines of JSON that are no results, from now on, and counts them. What else is
--- wrong with a file (bytes of warts, compressed bytes, a last line that is cut off) still ends it.
function File:skip_wrong() self.source.skip_wrong = true end

--- Returns how many lines were passed over so, and what is wrong with the first.
---@return integer count
---@return string? message with the name of the file and the number of the line
function File:wrong() return self.source.wrong or 0, self.source.wrong_why end

--- Returns how many records were skipped because their type is not known.
---@return integer
function File:skipped() return self.source.skipped end

--- Closes the file.
function File:close() self.input:close() end

return M
