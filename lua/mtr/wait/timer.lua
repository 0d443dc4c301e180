-- SPDX-License-Identifier: MIT
--
-- One-shot timers of an engine. When the engine closes, a timer ends early, and its function gets
-- true as its argument.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C

---@class mtr.Timer: mtr.TimerEntry
local Timer = {}
Timer.__index = Timer

local M = {}

local handle = lib.new "uint32_t[1]"

--- Calls fn after `ms` milliseconds, inside a step, as a hook.
---@param engine mtr.Engine
---@param ms number
---@param fn fun(cancelled: boolean?)
---@return mtr.Timer?
---@return string? message, string? name
function M.start(engine, ms, fn)
  local timer = setmetatable({ engine = engine, fn = fn }, Timer)
  local code = C.mtr_timer(engine.c, ms, pending.take(engine, timer), handle)
  if code < 0 then
    pending.free(engine, timer)
    return err.env(code, lib.string(C.mtr_why(engine.c)))
  end
  timer.handle = handle[0]
  return timer
end

--- Takes the timer's event.
function Timer:fired()
  local fn = self.fn
  pending.free(self.engine, self)
  if fn then fn() end
end

--- Cancels the timer: its function will not be called.
function Timer:cancel()
  self.fn = nil
  if not self.slot or self.forgotten then return end
  if C.mtr_timer_cancel(self.engine.c, self.handle) == 0 then
    pending.free(self.engine, self)
  else
    pending.forget(self.engine, self)
  end
end

--- Ends the timer early, because the engine closes.
function Timer:closed()
  local fn = self.fn
  self:cancel()
  if fn then fn(true) end
end

return M
