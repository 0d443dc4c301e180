-- SPDX-License-Identifier: MIT
--
-- Gives new numbers to the lists and cycles of records that come from several files. Numbers count
-- from 1 in each file; so records of a single file keep theirs.

local each = require "mtr.base.each"

local M = {}

---@class mtr.WartsRenumber
---@field last { list: integer, cycle: integer } the numbers given last
---@field maps table<table, table> for each file, the new numbers by the old ones
local Renumber = {}
Renumber.__index = Renumber

--- Begins without lists and cycles.
---@return mtr.WartsRenumber
function M.new()
  return setmetatable({ last = { list = 0, cycle = 0 }, maps = {} }, Renumber)
end

-- Returns the new numbers of a file.
local function map(self, file)
  local found = self.maps[file]
  if not found then
    found = { list = { [0] = 0 }, cycle = { [0] = 0 } }
    self.maps[file] = found
  end
  return found
end

local function copy(record)
  local out = {}
  for key, value in each(record) do out[key] = value end
  return out
end

local MADE = { list = "list", cycle_start = "cycle", cycle_def = "cycle" }

--- Takes the next number for a list or a cycle of our own.
---@param kind "list"|"cycle"
---@return integer
function Renumber:take(kind)
  self.last[kind] = self.last[kind] + 1
  return self.last[kind]
end

--- Returns a list, a cycle or the stop of one with its new number; nil if it is the stop of a cycle
--- that was not there.
---@param record table
---@param file table the same for all records of a file
---@return table?
function Renumber:between(record, file)
  local mine, kind, new = map(self, file), MADE[record.record], copy(record)
  if not kind then
    new.id = mine.cycle[record.id]
    return new.id and new or nil
  end
  new.id = self:take(kind)
  mine[kind][record.id] = new.id
  if kind == "cycle" then new.list = mine.list[record.list] or 0 end
  return new
end

--- Returns the record of a measurement with its new numbers; without those that name nothing.
---@param record table
---@param file table
---@return table
function Renumber:result(record, file)
  local mine, new = map(self, file), copy(record)
  new.list, new.cycle = mine.list[record.list], mine.cycle[record.cycle]
  return new
end

return M
