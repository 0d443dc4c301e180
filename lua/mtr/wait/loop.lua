-- SPDX-License-Identifier: MIT
--
-- The engines that are open, and waiting until one of them has work.
--
-- Used when nobody else drives: inside mtrlua, and in a plain host whenever a call has to wait. A
-- host with a loop of its own watches engine:fd() and calls engine:step(), and turn() never runs.
-- An engine stays here, and so alive, until it is closed.

local lib = require "mtr.lib"
local err = require "mtr.base.err"

local C = lib.C
local EINTR = err.code.EINTR
local M = {}

---@type mtr.Engine[]
local engines = {}
local pointers = lib.new "struct mtr *[1]"
local room = 1
local deferred = {}

--- A descriptor that ends the wait too, and what to call when it did, or a signal; mtrlua's.
M.wake_fd = -1
---@type fun()?
M.on_wake = nil

--- Traces of engines that are opened from now on end as they start; set after ^C.
M.halted = false

--- Adds an open engine.
---@param engine mtr.Engine
function M.add(engine) engines[#engines + 1] = engine end

--- Forgets a closed one.
---@param engine mtr.Engine
function M.remove(engine)
  for i, e in ipairs(engines) do
    if e == engine then
      table.remove(engines, i)
      return
    end
  end
end

--- The open engines, oldest first; a new list.
---@return mtr.Engine[]
function M.engines() return { unpack(engines) } end

--- How many things are under way in all engines.
---@return integer
function M.work()
  local n = #deferred
  for _, engine in ipairs(engines) do n = n + engine.work end
  return n
end

--- Calls fn in the next turn: for what must not happen before the present call has returned and has
--- no engine to wait in.
---@param fn fun()
function M.defer(fn) deferred[#deferred + 1] = fn end

local function step(engine)
  if engine.closed then return end
  local events, message = engine:step()
  if not events then error(message, 0) end
end

local function wait(n)
  local ready = C.mtr_wait(pointers, n, M.wake_fd, -1)
  if ready >= 0 then return end
  if ready ~= -EINTR then error(select(2, err.env(ready, "mtr_wait")), 0) end
  if M.on_wake then M.on_wake() end
end

local function run_deferred()
  if not deferred[1] then return false end
  local list = deferred
  deferred = {}
  for _, fn in ipairs(list) do fn() end
  return true
end

--- Waits until an engine has work and lets every engine do its. False when nothing is under way, so
--- that waiting would never end.
---@return boolean
function M.turn()
  if run_deferred() then return true end
  local only = engines[1]
  if only and not engines[2] then
    -- No loop in here, so that LuaJIT compiles the one around it.
    if only.work == 0 then return false end
    pointers[0] = only.c
    wait(1)
    step(only)
    return true
  end
  if M.work() == 0 then return false end
  local n = #engines
  if n > room then
    pointers, room = lib.new("struct mtr *[?]", n), n
  end
  for i = 1, n do pointers[i - 1] = engines[i].c end
  wait(n)
  for _, engine in ipairs(M.engines()) do step(engine) end
  return true
end

return M
