-- SPDX-License-Identifier: MIT
--
-- Reads the results in a warts file. Lists, cycles and their stops come between the results as
-- { type = "warts", record =, file = }, for a reporter that writes warts again. Records of other
-- types than those are skipped and counted.

local paths = require "mtr.report.warts.paths"
local ping = require "mtr.report.warts.ping"
local result = require "mtr.report.warts.result"
local records = require "mtr.report.read.records"

local M = {}

---@class mtr.WartsResults
---@field records mtr.WartsRecords
---@field file { lists: table<integer, table>, cycles: table<integer, table> } what came so far
---@field waiting table[] results of the last record
---@field skipped integer records of other types
local Results = {}
Results.__index = Results

--- Reads the results of an input.
---@param input mtr.Input
---@return mtr.WartsResults
function M.new(input)
  return setmetatable({ records = records.new(input), file = { lists = {}, cycles = {} },
    waiting = {}, skipped = 0 }, Results)
end

local function note(self, record)
  local file = self.file
  if record.record == "list" then file.lists[record.id] = record end
  if record.record == "cycle_start" or record.record == "cycle_def" then
    file.cycles[record.id] = record
  end
  return { type = "warts", record = record, file = file }
end

--- Reads the next result, or what is between results.
---@return table? nil at the end, or with a message
---@return string? message, string? name
function Results:next()
  if self.waiting[1] then return table.remove(self.waiting, 1) end
  local record, message, name = self.records:next()
  if not record then return nil, message, name end
  local kind = record.record
  if kind == "trace" then return result.of(record, self.file) end
  if kind == "tracelb" then return paths.of(record, self.file) end
  if kind == "ping" then
    self.waiting = ping.results(record, self.file)
    return table.remove(self.waiting, 1)
  end
  if kind ~= "unknown" and kind ~= "address" then return note(self, record) end
  self.skipped = self.skipped + (kind == "unknown" and 1 or 0)
  return self:next()
end

return M
