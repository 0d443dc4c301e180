-- SPDX-License-Identifier: MIT
--
-- Lets the engine's option pick choose which trace sends next; unused without this option.
--
-- The library asks when packets may be sent and traces wait. For each packet `pick` is called with
-- an array of the traces that may send now, the longest waiting first, and returns the index of
-- one; nil means none now. After nil it is called again when a probe has ended, a trace was started
-- or a timer has fired; a pick that must wait for a time starts a timer (mtr.sleep in a task). The
-- array is borrowed. If pick fails, or returns no such index, that is reported, and the first trace
-- sends: the fault belongs to no single trace, so no trace is stopped.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C

local M = {}

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

local function choose(engine, n)
  local ok, i = xpcall(engine.pick, err.traceback, ready)
  if not ok then
    engine:report(i)
  elseif i == nil then
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
