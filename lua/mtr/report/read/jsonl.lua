-- SPDX-License-Identifier: MIT
--
-- Reads results that mtr.report.jsonl wrote, one in each line. They have the classes of mtr.Result,
-- so every reporter takes them. Lines of blanks, which a full disk can leave, are skipped. A line
-- that is no result says nothing about the next one, so a reader can go on behind it.

local err = require "mtr.base.err"
local json_read = require "mtr.record.json_read"
local kept = require "mtr.record.kept"
local members = require "mtr.record.members"
local Result = require "mtr.record.result"
local verbatim = require "mtr.record.verbatim"

local M = {}

---@class mtr.JsonlResults
---@field input mtr.Input
---@field number integer of the last line
---@field skipped integer always 0
---@field skip_wrong? boolean go on behind whole lines that are no results
---@field wrong integer how many they were
---@field wrong_why? string what is wrong with the first
local Results = {}
Results.__index = Results

--- Reads the results of an input. With its field `brief` messages do not say which line is wrong.
---@param input mtr.Input
---@return mtr.JsonlResults
function M.new(input)
  return setmetatable({ input = input, number = 0, skipped = 0, wrong = 0 }, Results)
end

-- Reporters count on an attempt, a time and a protocol, which lines of others may lack.
local function reply_of(line, reply)
  reply.attempt, reply.at = reply.attempt or 1, reply.at or 0
  reply.protocol = reply.protocol or line.protocol
  setmetatable(reply, kept.reply)
end

local function trace_of(line)
  for _, hop in ipairs(line.hops) do
    for _, reply in ipairs(hop.replies) do reply_of(line, reply) end
    setmetatable(hop, kept.hop)
  end
  return Result.of(line)
end

local function fault(self, text)
  if self.input.brief then return nil, text, "EBADMSG" end
  return err.named("EBADMSG", ("%s: line %d: %s"):format(self.input.name, self.number, text))
end

-- Counts a line that is no result; the message says what is wrong with it.
local function count_wrong(self, text)
  self.wrong = self.wrong + 1
  self.wrong_why = self.wrong_why or select(2, fault(self, text))
end

-- Returns the result in the text of a line; nil and what is wrong with it.
local function parse(text, whole)
  local line = text:find "^%s*[{%[]" and json_read.decode(text, true)
  if type(line) ~= "table" then
    return nil, whole and "this is not JSON" or "the file is cut off within a line"
  end
  local check = members.of[line.type]
  local wrong = check and not verbatim.is_text(text) and check(line)
  if not check or wrong then
    return nil, "this is no result of mtrlua" .. (wrong and ": " .. wrong:sub(2) or "")
  end
  return line.type == "trace" and trace_of(line) or line
end

--- Reads the next result.
---@return table? nil at the end, or with a message
---@return string? message, string? name
function Results:next()
  while true do
    local text, whole = self.input:line()
    if not text or not whole then
      local _, message, name = self.input:problem()
      if message then return nil, message, name end
      if not text then return nil end
    end
    self.number = self.number + 1
    if text:find "%S" then
      local result, wrong = parse(text, whole)
      if result then return result end
      if not whole or not self.skip_wrong then return fault(self, wrong) end
      count_wrong(self, wrong)
    end
  end
end

return M
