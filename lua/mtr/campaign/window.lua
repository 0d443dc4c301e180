-- SPDX-License-Identifier: MIT
--
-- How many traces of a campaign are under way at once: a number, or "auto".
--
-- With "auto", traces start when too few wait for their turn to send. Enough wait if a turn takes
-- about as long as an answer. Then the rate is always busy, and a trace has the answers to its
-- probes before it sends more, so that it sends none behind its target. With so few traces results
-- come early, whatever the round trips and silent hops. Without a rate, and if an engine's pick
-- must have a choice, it is a window of MOST.

local lib = require "mtr.lib"
local check = require "mtr.base.check"
local scheduler = require "mtr.wait.scheduler"

local C = lib.C
local M = {}

-- MOST: traces without a rate; UNREAD: results that nobody has taken yet; LOOKUPS: names that are
-- looked up at once; AHEAD: also with a small window; WAITING: traces that wait for their turn;
-- SHORT and LONG: ms of a turn.
local MOST, UNREAD, LOOKUPS, AHEAD, WAITING = 1000, 1000, 1000, 100, 5000
local SHORT, LONG = 10, 1000

---@class mtr.Window
---@field most? integer nil: "auto"
local Window = {}
Window.__index = Window

local number = check.integer(1, 1000000)

--- Accepts a number of traces, or "auto"; returns a mtr.Window.
---@type mtr.Kind
function M.kind(value)
  if value == "auto" then return setmetatable({}, Window) end
  local most, wanted = number(value)
  if wanted then return nil, wanted .. ', or "auto"' end
  return setmetatable({ most = most }, Window)
end

-- Returns how many traces must wait for their turn; nil: that does not matter.
local function low(engine)
  local rate = engine.rate
  if rate == 0 or engine.pick then return nil end
  local turn = math.min(math.max(C.mtr_turn(engine.c), SHORT), LONG)
  return math.min(math.ceil(rate * turn / 1000), WAITING)
end

--- Returns how many more traces may be under way now, beside names that are looked up; 0 or less:
--- none.
---@param c mtr.Campaign
---@return integer
function Window:free(c)
  local least = not self.most and low(c.engine)
  if least then return math.huge end
  local names = c.lookups
  local under_way = c.cohort.in_flight + c.single_count - names.count - names.waiting
  return (self.most or MOST) - under_way - c.unread
end

--- Returns how many more targets may be taken now; 0 or less: none.
---@param c mtr.Campaign
---@return integer
function Window:room(c)
  local names, least = c.lookups, not self.most and low(c.engine)
  if not least then
    local most = math.max(self.most or MOST, AHEAD)
    return math.min(self:free(c), most - names.count - names.waiting)
  end
  if c.unread >= UNREAD then return 0 end
  return names.count < LOOKUPS and least - C.mtr_waiting(c.engine.c) or 0
end

--- Returns true if no trace may start although none is under way: nobody takes the results.
---@param c mtr.Campaign
---@return boolean
function Window:full(c) return c.unread >= (self.most or UNREAD) end

--- Begins to look, after each step of the engine, whether traces must start.
---@param c mtr.Campaign
function Window:attach(c)
  if self.most then return end
  local engine = c.engine
  self.fed = function()
    local least = low(engine)
    if least and not c.exhausted and C.mtr_waiting(engine.c) < least then
      scheduler.wake(c.pump)
    end
  end
  table.insert(engine.feeders, self)
end

--- Ends that.
---@param c mtr.Campaign
function Window:detach(c)
  local feeders = c.engine.feeders
  for i = #feeders, 1, -1 do
    if feeders[i] == self then table.remove(feeders, i) end
  end
end

return M
