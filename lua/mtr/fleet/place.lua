-- SPDX-License-Identifier: MIT
--
-- Where a drain is in the stream of results. Redis remembers the last id that it gave, and gives
-- later ones. But if it has lost its last second (it was killed, or a replica took over) and its
-- clock is behind, there are new entries below the last one that was read: for as long as the clock
-- is behind. So a drain removes just the entries that it has read, and after each new connection it
-- reads again from the beginning. What it knows already is passed over: see known() of
-- mtr.fleet.entry.

local M = {}

M.FIRST = "0-0"

-- Takes an id apart: ms, and a number.
local function moment(id)
  local ms, number = id:match "^(%d+)%-(%d+)$"
  return tonumber(ms), tonumber(number)
end

--- Is an id above all of those that were read?
---@param self mtr.FleetDrain
---@param id string
---@return boolean
function M.is_new(self, id)
  local ms, number = moment(id)
  local most, last = moment(self.seen)
  return ms > most or ms == most and number > last
end

--- Notes that an entry is written, or passed over.
---@param self mtr.FleetDrain
---@param id string
function M.took(self, id)
  if M.is_new(self, id) then self.seen = id end
  self.after, self.ids[#self.ids + 1] = id, id
end

--- Begins to read again, if the last answer came over a new connection and no lease is written in
--- part. Returns true if that answer is of no use then.
---@param self mtr.FleetDrain
---@return boolean
function M.begin_again(self)
  if self.link.connection == self.connection or not self.whole then return false end
  self.connection = self.link.connection
  local useless = self.after ~= M.FIRST
  self.after = M.FIRST
  return useless
end

return M
