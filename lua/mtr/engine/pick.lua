-- SPDX-License-Identifier: MIT
--
-- Lets the engine's option pick choose which trace sends next; unused without this option.
--
-- The library asks when packets may be sent and traces wait. For each packet `pick` is called with
-- an array of the traces that may send now, the longest waiting first, and returns the index of
-- one; nil means none now. After nil it is called again when a probe has ended, a trace was started
-- or a timer has fired, and with nil and a duration also after that time. The array is borrowed. If
-- pick fails, or returns no such index, that is reported, and the first trace sends: the fault
-- belongs to no single trace, so no trace is stopped.

local xpcall = require "mtr.compat".xpcall
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local pending = require "mtr.wait.pending"
local timer = require "mtr.wait.timer"

local C = lib.C

local M = {}

local LONGEST = 1e9                    -- ms that pick may wait
local room = 64
local cookies = lib.new("uint32_t[?]", room)
local ready, size = {}, 0              -- the array for pick

-- Fills the array with the traces that may send now; returns how many there are.
local function list(engine)
  local n = C.mtr_ready(engine.c, cookies, room)
  if n > room then
    room = n * 2
    cookies = lib.new("uint32_t[?]", room)
    return list(engine)
  end
  for i = 1, n do ready[i] = engine.entries[cookies[i - 1]] end
  for i = n + 1, size do ready[i] = nil end
  size = n
  return n
end

-- Sees to it that pick is called again after `wait`. The timer's event is enough for that.
local function later(engine, wait)
  local ms = units.duration(wait)
  if not ms or ms > LONGEST then
    return engine:report("pick: the wait after nil must be ms or a duration such as \"20ms\", got "
      .. err.show(wait))
  end
  local at, due = engine:now() + ms, engine.pick_at
  if due and due > engine:now() and due <= at then return end
  engine.pick_at = at
  local alarm = timer.start(engine, ms, function() end)
  if alarm then pending.forget(engine, alarm) end
end

local function choose(engine, n)
  local ok, i, wait = xpcall(engine.pick, err.traceback, ready)
  if not ok then
    engine:report(i)
  elseif i == nil then
    if wait ~= nil then later(engine, wait) end
    return nil
  elseif type(i) == "number" and ready[i] and i <= n then
    return i
  else
    engine:report(("pick must return 1..%d, the place of a ready trace, got %s"):format(
      n, err.show(i)))
  end
  return 1
end

--- Answers the library, which asks for the senders of the next `n` probes.
---@param engine mtr.Engine
---@param n integer
function M.pick(engine, n)
  for _ = 1, n do
    local count = list(engine)
    if count == 0 then break end
    local i = choose(engine, count)
    C.mtr_pick(engine.c, i and ready[i].handle or 0)
    if not i then break end
  end
  for i = 1, size do ready[i] = nil end
  size = 0
end

return M
