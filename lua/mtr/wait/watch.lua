-- SPDX-License-Identifier: MIT
--
-- A descriptor that an engine watches beside its own: it says once when there is something to read,
-- or room to write, and is asked again for the next time. The descriptor stays its owner's, and
-- must stay open until stop().

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C
local M = {}

M.READABLE, M.WRITABLE = C.MTR_EV_READABLE, C.MTR_EV_WRITABLE

---@class mtr.Watch: mtr.WatchEntry
---@field engine mtr.Engine
---@field fd integer
local Watch = {}
Watch.__index = Watch

--- A watch that has not been asked anything yet.
---@param engine mtr.Engine
---@param fd integer
---@return mtr.Watch
function M.new(engine, fd) return setmetatable({ engine = engine, fd = fd }, Watch) end

--- Calls fn, from a step, as a hook, when the descriptor is ready; with a message and a name if it
--- is not, and never will be.
---@param kind integer M.READABLE or M.WRITABLE
---@param fn fun(message: string?, name: string?)
---@return true?
---@return string? message, string? name
function Watch:ask(kind, fn)
  local engine = self.engine
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  if kind == M.READABLE and engine.halted then return err.named("ECANCELED", "interrupted") end
  local code = C.mtr_watch(engine.c, self.fd, kind, self.slot or pending.take(engine, self))
  if code < 0 then
    pending.free(engine, self)
    return err.env(code, "descriptor " .. self.fd)
  end
  self.kind, self.fn = kind, fn
  return true
end

--- Its event has come. Whoever asks again at once keeps the slot.
function Watch:ready()
  local fn = self.fn
  self.fn = nil
  if fn then fn() end
  if not self.fn then pending.free(self.engine, self) end
end

--- Gives the descriptor up. A question that was asked gets no answer.
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

--- Everything is to end: nobody reads any more. What was written may still go out.
function Watch:halt()
  if self.kind == M.READABLE then cancel(self, "ECANCELED: interrupted", "ECANCELED") end
end

--- The engine closes.
function Watch:closed() cancel(self, "ECANCELED: the engine was closed", "ECANCELED") end

return M
