-- SPDX-License-Identifier: MIT
--
-- Decides which command starts next. At most `window` commands are under way. If several sources
-- have commands, those with a higher priority get more turns, in proportion.

local lib = require "mtr.lib"
local own = require "mtr.wait.own"

local M = {}

-- With so many commands under way the loop rests between its steps, ms: their probes and answers
-- then share system calls. Answers have the kernel's time stamps, and no trace waits for another.
local MANY, REST = 64, 1

---@class mtr.AttachPool
---@field engine mtr.Engine
---@field window integer
---@field under_way integer
---@field sources table<mtr.AttachSource, true>
local Pool = {}
Pool.__index = Pool

--- Adds a source. It begins where the others are, and not with the turns that it has missed.
---@param source mtr.AttachSource
function Pool:join(source)
  local least
  for other in pairs(self.sources) do least = math.min(least or other.pass, other.pass) end
  source.pass = least or 0
  self.sources[source] = true
end

--- Removes a source. Its commands under way still count until they end.
---@param source mtr.AttachSource
function Pool:leave(source) self.sources[source] = nil end

local function next_of(self)
  local best
  for source in pairs(self.sources) do
    if source:ready() and (not best or source.pass < best.pass) then best = source end
  end
  return best
end

-- Lets the loop rest if many commands are under way.
local function pause(self) own.rest = self.under_way >= MANY and REST or 0 end

--- Starts commands while there is room, unless the program was interrupted.
function Pool:fill()
  while self.under_way < self.window and lib.signals[0] == 0 do
    local source = next_of(self)
    if not source then break end
    source.pass = source.pass + 1 / source.priority
    self.under_way = self.under_way + 1
    source:start()
  end
  pause(self)
end

--- Notes that a command has ended.
function Pool:ended()
  self.under_way = self.under_way - 1
  self:fill()
end

--- Makes a pool.
---@param engine mtr.Engine
---@param window integer
---@return mtr.AttachPool
function M.new(engine, window)
  return setmetatable({ engine = engine, window = window, under_way = 0, sources = {} }, Pool)
end

return M
