-- SPDX-License-Identifier: MIT
--
-- Keeps the list of open engines, and waits until one of them has work.
--
-- mtrlua uses turn() to drive its engines, and so does a plain host whenever a call has to wait. A
-- host with its own poll loop watches engine:fd() and calls engine:step(); there turn() never runs.
-- An engine stays in the list, and so is not collected, until it is closed.

local unpack = require "mtr.compat".unpack
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

--- mtrlua's descriptor that also ends the wait, and the function to call after that or after a
--- signal.
M.wake_fd = -1
---@type fun()?
M.on_wake = nil

--- Set after ^C: traces of engines that are opened later end as they start.
M.halted = false

--- Adds an open engine.
---@param engine mtr.Engine
function M.add(engine) engines[#engines + 1] = engine end

--- Removes a closed engine.
---@param engine mtr.Engine
function M.remove(engine)
  for i, e in ipairs(engines) do
    if e == engine then
      table.remove(engines, i)
      return
    end
  end
end

--- Returns the open engines, oldest first, in a new list.
---@return mtr.Engine[]
function M.engines() return { unpack(engines) } end

--- Returns how many traces, timers and lookups are under way in all engines.
---@return integer
function M.work()
  local n = #deferred
  for _, engine in ipairs(engines) do n = n + engine.work end
  return n
end

--- Calls fn in the next turn. For work that must happen after the current call has returned, and
--- for which no engine is there to wait in.
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

--- Waits until an engine has work, and steps every engine. Returns false if nothing is under way,
--- so that the wait would never end.
---@return boolean
function M.turn()
  if run_deferred() then return true end
  local only = engines[1]
  if only and not engines[2] then
    -- There is no loop here, so that LuaJIT compiles the loop around it.
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
