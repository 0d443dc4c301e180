-- SPDX-License-Identifier: MIT
--
-- Watches a user's descriptor in an engine: calls a function once, when the descriptor can be read
-- or written. For the next time the caller asks again. The caller still owns the descriptor, and
-- keeps it open until stop().

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C
local M = {}

M.READABLE, M.WRITABLE = C.MTR_EV_READABLE, C.MTR_EV_WRITABLE

---@class mtr.Watch: mtr.WatchEntry
---@field engine mtr.Engine
---@field fd integer
---@field lasting? boolean an interrupt does not end its waits: its owner does
local Watch = {}
Watch.__index = Watch

--- Makes a watch that waits for nothing yet.
---@param engine mtr.Engine
---@param fd integer
---@return mtr.Watch
function M.new(engine, fd) return setmetatable({ engine = engine, fd = fd }, Watch) end

--- Calls fn inside a step, as a hook, when the descriptor is ready. Calls it with a message and a
--- name if the descriptor will never be ready.
---@param kind integer M.READABLE or M.WRITABLE
---@param fn fun(message: string?, name: string?)
---@return true?
---@return string? message, string? name
function Watch:ask(kind, fn)
  local engine = self.engine
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  if kind == M.READABLE and engine.halted and not self.lasting then
    return err.named("ECANCELED", "interrupted")
  end
  local code = C.mtr_watch(engine.c, self.fd, kind, self.slot or pending.take(engine, self))
  if code < 0 then
    pending.free(engine, self)
    return err.env(code, "descriptor " .. self.fd)
  end
  self.kind, self.fn = kind, fn
  return true
end

--- Takes its event. If the function asks again at once, the watch keeps its slot.
function Watch:ready()
  local fn = self.fn
  self.fn = nil
  if fn then fn() end
  if not self.fn then pending.free(self.engine, self) end
end

--- Stops watching the descriptor. A function that still waits is not called.
function Watch:stop()
  self.fn = nil
  if self.engine.closed then return end
  local in_batch = C.mtr_unwatch(self.engine.c, self.fd)
  if in_batch == 0 then pending.free(self.engine, self) else pending.forget(self.engine, self) end
end

local function cancel(self, message, name)
  local fn = self.fn
  self:stop()
  if fn then fn(message, name) end
end

--- Ends a wait for input, because all traces must end. Output may still be written.
function Watch:halt()
  if self.kind == M.READABLE and not self.lasting then
    cancel(self, "ECANCELED: interrupted", "ECANCELED")
  end
end

--- Ends the wait, because the engine closes.
function Watch:closed() cancel(self, "ECANCELED: the engine was closed", "ECANCELED") end

return M
