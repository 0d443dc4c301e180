-- SPDX-License-Identifier: MIT
--
-- The reporter that writes each result as one line of JSON.
--
-- The library collects lines for a file in the memory of the sink, without Lua strings; a function
-- gets each line at once. What is in the file is whole lines: see mtr.report.sink.
--
-- A result may also be a plain table: `fields` lists the members to write, in order; by default
-- those of a ping.

local err = require "mtr.base.err"
local json = require "mtr.record.json"
local ping = require "mtr.report.ping"
local Sink = require "mtr.report.sink"

local EMSGSIZE = err.code.EMSGSIZE

---@class mtr.JsonlOptions: mtr.SinkOptions
---@field fields? string[] members of plain tables to write

---@class mtr.JsonlReporter: mtr.Reporter
---@field sink mtr.Sink
---@field opts mtr.JsonlOptions
---@field shape? mtr.JsonShape
local Jsonl = {}

local function encode(self, result)
  if result.json then return result:json() .. "\n" end
  local line, fields = {}, self.opts.fields or ping.fields
  self.shape = self.shape or json.shape(fields)
  for _, name in ipairs(fields) do line[name] = result[name] end
  return json.encode(line, self.shape) .. "\n"
end

--- Writes one result.
---@param result mtr.BorrowedResult
function Jsonl:trace(result)
  local sink = self.sink
  local code = sink.file and result.line and result:line(sink.buffer, sink.room, sink.used)
  if code == -EMSGSIZE and sink.used[0] > 0 then
    local ok, message, name = sink:flush()
    if not ok then return nil, message, name end
    code = result:line(sink.buffer, sink.room, sink.used)
  end
  if code == 0 then return true end
  if code and code ~= -EMSGSIZE then return err.env(code, "writing " .. sink.file.name) end
  return sink:write(encode(self, result))
end

return Sink.reporter("jsonl", Jsonl, { buffered = true })
