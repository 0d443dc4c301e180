-- SPDX-License-Identifier: MIT
--
-- Decides which command starts next. At most `window` commands are under way. If several sources
-- have commands, those with a higher priority get more turns, in proportion.

local lib = require "mtr.lib"
local main_loop = require "mtr.wait.main_loop"

local M = {}

-- With so many commands under way the loop rests between its steps, ms: their probes and answers
-- then share system calls. Answers have the kernel's time stamps, and no trace waits for another.
local MANY, REST = 64, 1.5

---@class mtr.AttachPool
---@field engine mtr.Engine
---@field window integer
---@field under_way integer
---@field sources table<mtr.AttachSource, true>
---@field only mtr.AttachSource|false|nil the source, if there is one
local Pool = {}
Pool.__index = Pool

--- Adds a source. It begins where the others are, and not with the turns that it has missed.
---@param source mtr.AttachSource
function Pool:join(source)
  local least
  for other in pairs(self.sources) do least = math.min(least or other.pass, other.pass) end
  source.pass = least or 0
  self.only = next(self.sources) == nil and source
  self.sources[source] = true
end

--- Removes a source. Its commands under way still count until they end.
---@param source mtr.AttachSource
function Pool:leave(source)
  self.sources[source] = nil
  local other = next(self.sources)
  self.only = other and next(self.sources, other) == nil and other
end

-- Returns the source whose turn it is; nil: none has a command.
local function choose(self)
  local best
  for source in pairs(self.sources) do
    if source:ready() and (not best or source.pass < best.pass) then best = source end
  end
  return best
end

-- Lets the loop rest if many commands are under way.
local function pause(self) main_loop.rest = self.under_way >= MANY and REST or 0 end

-- Starts a command, if there is one and room for it; returns true if it did.
local function start_next(self)
  if self.under_way >= self.window or lib.signals[0] ~= 0 then return false end
  local only = self.only
  local source = only and only:ready() and only
  if not only then source = choose(self) end
  if not source then return false end
  source.pass = source.pass + 1 / source.priority
  self.under_way = self.under_way + 1
  source:start()
  return true
end

local function start_all(self) while start_next(self) do end end -- luacheck: ignore 542

--- Starts commands while there is room, unless the program was interrupted. Mostly one is started,
--- or none: that is done without a loop, so that LuaJIT compiles the loop around it.
function Pool:fill()
  if start_next(self) and start_next(self) then start_all(self) end
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
  return setmetatable({ engine = engine, window = window, under_way = 0, sources = {},
    only = false }, Pool)
end

return M
