-- SPDX-License-Identifier: MIT
--
-- Bounded steps: a step that takes as long as it may leaves the rest to the next one, so that the
-- loop of the host goes on between them. The library gets half of the time, the hooks the rest.
--
-- Where time is virtual, events are counted instead, so that a run can be repeated. What is
-- recorded or replayed has no bound, because a replay has to do the same in each step.

local lib = require "mtr.lib"
local dispatch = require "mtr.engine.dispatch"
local hosts = require "mtr.host"

local C = lib.C
local M = {}

local IN_HOST = 1                      -- ms, if the user says nothing

-- How many events are handed out between two looks at the clock; and at most, where time is
-- virtual.
local CHUNK, VIRTUAL = 8, 256

--- Returns how long a step may take, in ms, or nil, and sets the library's part of it.
---@param config ffi.cdata* struct mtr_config, in which max_step is what the user gave, or 0
---@param opts? mtr.EngineOptions as given
---@param taped boolean the run is recorded or replayed
---@return number?
function M.most(config, opts, taped)
  local most = config.max_step
  if most == 0 and hosts.enter() and not (opts and opts.max_step) then most = IN_HOST end
  config.max_step = most / 2
  return most > 0 and not taped and most or nil
end

--- Hands out events until the step has taken as long as it may. The library gives the rest again
--- with the next step.
---@param engine mtr.Engine
---@param n integer
---@return integer count of those that were handed out
function M.batch(engine, n)
  local first, ends = 0, engine.began + engine.max_step
  local virtual = engine.network ~= nil
  while first < n do
    local last = math.min(first + CHUNK, n)
    dispatch.batch(engine, last, first)
    first = last
    if virtual and first >= VIRTUAL or not virtual and C.mtr_now(engine.c) >= ends then break end
  end
  if first < n then C.mtr_unread(engine.c, n - first) end
  return first
end

-- After how many events there may be a second step at once, and after which part of its time.
local FEW, PART = 8, 1 / 4

--- Returns true if a short step that had few events has left something to do, such as the end of a
--- trace that a hook has stopped. To do it at once costs less than another turn of the host's loop.
---@param engine mtr.Engine
---@param n integer
---@return boolean
function M.again(engine, n)
  return n > 0 and n <= FEW and not engine.network and not engine.closing
    and C.mtr_timeout(engine.c) == 0
    and C.mtr_now(engine.c) - engine.began < engine.max_step * PART
end

return M
