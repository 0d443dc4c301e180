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

-- Fills the array of an engine with the traces that may send now; returns it and how many there
-- are. Each engine has its own, because a host may switch coroutines inside pick.
local function list(engine)
  local ready = engine.ready
  if not ready then
    ready = {}
    engine.ready, engine.ready_size = ready, 0
  end
  local n = C.mtr_ready(engine.c, cookies, room)
  if n > room then
    room = n * 2
    cookies = lib.new("uint32_t[?]", room)
    return list(engine)
  end
  for i = 1, n do ready[i] = engine.entries[cookies[i - 1]] end
  for i = n + 1, engine.ready_size do ready[i] = nil end
  engine.ready_size = n
  return ready, n
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

local function choose(engine, ready, n)
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
    local ready, count = list(engine)
    if count == 0 then break end
    local i = choose(engine, ready, count)
    C.mtr_pick(engine.c, i and ready[i].handle or 0)
    if not i then break end
  end
  for i = 1, engine.ready_size or 0 do engine.ready[i] = nil end
  engine.ready_size = 0
end

return M
