-- SPDX-License-Identifier: MIT
--
-- Reads results that mtr.report.jsonl wrote, one in each line. They have the classes of mtr.Result,
-- so every reporter takes them. Lines of blanks, which a full disk can leave, are skipped.

local err = require "mtr.base.err"
local json_read = require "mtr.record.json_read"
local kept = require "mtr.record.kept"
local Result = require "mtr.record.result"

local M = {}

---@class mtr.JsonlResults
---@field input mtr.Input
---@field number integer of the last line
---@field skipped integer always 0
local Results = {}
Results.__index = Results

--- Reads the results of an input.
---@param input mtr.Input
---@return mtr.JsonlResults
function M.new(input)
  return setmetatable({ input = input, number = 0, skipped = 0 }, Results)
end

local TEXTS = { protocol = true, dst = true, target = true, stop_reason = true }

-- Returns true if a line has the members without which no reporter can write a trace.
local function is_trace(line)
  for name in pairs(TEXTS) do
    if type(line[name]) ~= "string" then return false end
  end
  if type(line.hops) ~= "table" then return false end
  for i, hop in ipairs(line.hops) do
    if type(hop) ~= "table" or hop.ttl ~= i or type(hop.replies) ~= "table" then return false end
    for _, reply in ipairs(hop.replies) do
      if type(reply) ~= "table" or type(reply.addr) ~= "string" or type(reply.rtt) ~= "number" then
        return false
      end
    end
  end
  return true
end

local function trace_of(line)
  for _, hop in ipairs(line.hops) do
    for _, reply in ipairs(hop.replies) do setmetatable(reply, kept.reply) end
    setmetatable(hop, kept.hop)
  end
  return Result.of(line)
end

local function is_ping(line)
  return type(line.target) == "string" and type(line.dst) == "string"
    and (not line.addr or type(line.addr) == "string" and type(line.rtt) == "number")
    and (line.type == "ping_start" and type(line.size) == "number" or line.type == "ping"
      or line.type == "ping_summary" and type(line.sent) == "number"
        and type(line.received) == "number" and type(line.unanswered) == "number")
end

local function fault(self, text)
  return err.named("EBADMSG", ("%s: line %d: %s"):format(self.input.name, self.number, text))
end

-- Returns the result in the text of a line.
local function parse(self, text, whole)
  local line = json_read.decode(text)
  if type(line) ~= "table" then
    return fault(self, whole and "this is not JSON" or "the file is cut off within a line")
  end
  if line.type == "trace" and is_trace(line) then return trace_of(line) end
  if type(line.type) == "string" and line.type:find "^ping" and is_ping(line) then return line end
  return fault(self, "this is no result of mtrlua")
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
    if text:find "%S" then return parse(self, text, whole) end
  end
end

return M
