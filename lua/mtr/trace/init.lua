-- SPDX-License-Identifier: MIT
--
-- One trace, from its options to its end: new -> (resolving ->) running -> stopping -> done.
--
-- The library does the tracing; this object holds what belongs to the user (hooks, strategy, data)
-- and hands out the end: once, to who waits or to on_done. Starting it is mtr.trace.launch's,
-- running its strategy mtr.strategy.runner's. A hook that raises stops its own trace only, with
-- stop_reason "error".

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local request = require "mtr.trace.request"
local launch = require "mtr.trace.launch"
local scheduler = require "mtr.wait.scheduler"
local Result = require "mtr.record.result"
local pending = require "mtr.wait.pending"
local script = require "mtr.strategy.script"
local runner = require "mtr.strategy.runner"
local timer = require "mtr.wait.timer"

local C = lib.C
local M = {}

---@class mtr.Trace: mtr.Op, mtr.TraceEntry
---@field engine mtr.Engine
---@field target string as it was given
---@field dst? string its address, once it is known
---@field data any as given
---@field state "new"|"resolving"|"running"|"stopping"|"done"
---@field result? mtr.Result
---@field failure? string why it never started
---@field failure_name? string
---@field error? string traceback of the hook that failed, or what its strategy did wrong
---@field strategy? mtr.Strategy its instance, once it was asked; nil: the engine's sweep, or the
--- instance is to be used again
---@field base? mtr.Strategy the strategy itself, if its instances are used again
---@field options? mtr.ForceOptions of a strategy's trace
local Trace = {}
Trace.__index = Trace
Trace.start = launch.start
for name, method in pairs(script.methods) do Trace[name] = method end

-- What the trace itself keeps of its options. No loop: this is a part of every trace.
local function keep(trace, kept)
  if kept.on_probe then trace.on_probe = kept.on_probe end
  if kept.on_reply then trace.on_reply = kept.on_reply end
  if kept.on_timeout then trace.on_timeout = kept.on_timeout end
  if kept.on_hop then trace.on_hop = kept.on_hop end
  if kept.pace then trace.pace = kept.pace end
  if kept.data ~= nil then trace.data = kept.data end
end

-- A table that does not have to grow, because it begins with more than half of its fields: eight
-- while in flight, sixteen with a strategy.
local function blank(engine, target, kept)
  if not kept.strategy then
    return { engine = engine, target = target, state = "new", kept = kept, slot = false }
  end
  return {
    engine = engine, target = target, state = "new", kept = kept, slot = false,
    strategy = kept.strategy, begun = false, unsent = false, base = false,
  }
end

--- A trace that is not yet started. Its options are checked and written into `t`, which start() is
--- to be given next, before anything else can be written there.
---@param engine mtr.Engine
---@param target string
---@param opts? mtr.TraceOptions
---@param declaration mtr.Declaration
---@param t ffi.cdata* struct mtr_trace
---@return mtr.Trace?
---@return string? bug
function M.new(engine, target, opts, declaration, t)
  if type(target) ~= "string" or target == "" then
    return nil, ("%s: dst must be an address or a name, got %s"):format(
      declaration.who, err.show(target))
  end
  local kept, bug = request.fill(declaration, opts, t)
  if not kept then return nil, bug end
  local trace = setmetatable(blank(engine, target, kept), Trace)
  keep(trace, kept)
  if kept.strategy then t.flags = t.flags + C.MTR_STRATEGY end
  if kept.pace then t.flags = t.flags + C.MTR_PACED end
  return trace
end

-- By function: asking LuaJIT costs as much as a whole trace.
local second = setmetatable({}, { __mode = "k" })

local function takes_second(fn)
  if second[fn] == nil then
    local info = debug.getinfo(fn, "u")
    second[fn] = info.nparams >= 2 or info.isvararg
  end
  return second[fn]
end

--- Whether anybody will see a result: who waits, or a callback with a parameter for it.
---@return boolean
function Trace:wants_result()
  if self.single then return false end
  return not self.on_done or takes_second(self.on_done)
end

-- Calls the user's function at the end of this trace.
local function call_done(trace, failure, found)
  local ok, problem = xpcall(trace.on_done, err.traceback, failure, found)
  if not ok then trace.engine:report(problem) end
end

--- Calls a hook: "stop" halts the trace. What it raises comes back by broke(), from
--- mtr.engine.dispatch.
---@param fn function
---@param object table
function Trace:hook(fn, object)
  if fn(self, object) == "stop" then self:stop() end
end

--- User code of this trace has failed: it is reported and ends the trace.
---@param text string with traceback
function Trace:broke(text)
  self.engine:report(text)
  if self.state == "done" then return end
  self.error = text
  self:stop "error"
  self.stop_reason, self.stop_data = "error", 0
end

--- Its strategy ends it. Hooks still hear of the hops that have settled by that.
---@param reason string a stop_reason
---@param data integer stop_data
---@param ttl integer the last hop of the result; 0: the highest that answered
function Trace:finish(reason, data, ttl)
  self.state, self.stop_reason, self.stop_data = "stopping", reason, data
  C.mtr_stop(self.engine.c, self.handle, words.stop[reason], data, ttl)
end

--- Ends the trace. No hook of it is called any more; the result comes with a later step. A trace
--- that the library has ended in the same batch keeps what it found, and gets this reason.
---@param reason? string a stop_reason; default "halted"
---@param data? integer stop_data
function Trace:stop(reason, data)
  reason, data = reason or "halted", data or 0
  local problem = words.bad_stop(reason)
  if problem then error(problem, 2) end
  if self.state == "running" then self.stop_reason, self.stop_data = reason, data end
  self:halt(reason, data)
end

--- Its waiter gives up, the engine closes, or everything is to end: "halted", unless it has ended
--- by itself already.
function Trace:halt(reason, data)
  if self.state == "running" then
    self.state = "stopping"
    self.on_probe, self.on_reply, self.on_timeout, self.on_hop = nil, nil, nil, nil
    C.mtr_stop(self.engine.c, self.handle, words.stop[reason or "halted"], data or 0, 0)
  elseif self.state == "resolving" then
    self.state = "stopping"
    self.lookup:cancel()
    timer.start(self.engine, 0, function()
      self:fail("ECANCELED: stopped while its name was looked up", "ECANCELED")
    end)
  end
end

function Trace:abandon() self:halt() end
Trace.closed = Trace.abandon

--- Ends a trace that never started.
---@param message string
---@param name string
function Trace:fail(message, name)
  if self.state == "done" then return end
  self.state, self.failure, self.failure_name = "done", message, name
  scheduler.finish(self)
  if self.on_done then call_done(self, message, nil) end
end

--- Its DONE event has come.
function Trace:ended()
  local engine = self.engine
  self.state = "done"
  if self:wants_result() then self.result = Result.new(self, engine.c) end
  local problem = self.strategy and runner.done(self)
  if problem then
    self.error = problem
    if self.result then self.result.stop_reason, self.result.error = "error", problem end
  end
  C.mtr_release(engine.c, self.handle)
  pending.free(engine, self)
  scheduler.finish(self)
  if self.on_done then call_done(self, nil, self.result) end
end

return M
