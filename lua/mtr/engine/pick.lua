-- SPDX-License-Identifier: MIT
--
-- Whose turn it is, by the engine's option pick; without it nothing here is ever called.
--
-- The library asks when packets may go and traces wait; `pick` is called for each packet with an
-- array of the traces that may send now, longest waiting first, and returns the place of one in it;
-- nil: nobody now. Then it is asked again when something has happened: a probe has ended, a trace
-- was started, a timer has fired; a pick that waits for a time starts one (mtr.sleep in a task).
-- The array is borrowed. A pick that fails, or returns no such place, is reported and the first has
-- its turn: scheduling between traces is nobody's fault in particular.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C

local M = {}

local room = 64
local cookies = lib.new("uint32_t[?]", room)
local ready, size = {}, 0              -- what pick is given

-- The traces that may send now; how many.
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

--- The library asks who sends the next `n` probes.
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
