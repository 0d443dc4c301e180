-- SPDX-License-Identifier: MIT
--
-- One trace, from its options to its end: new -> (resolving ->) running -> stopping -> done.
--
-- The library does the tracing. This object keeps what belongs to the user (hooks, strategy, data),
-- and gives the result once, to those who wait or to on_done. mtr.trace.launch starts it, and
-- mtr.strategy.runner runs its strategy. A hook that raises stops only its trace, with stop_reason
-- "error".

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local decode = require "mtr.record.decode"
local facts = require "mtr.record.facts"
local fields = require "mtr.record.fields"
local words = require "mtr.record.words"
local request = require "mtr.trace.request"
local launch = require "mtr.trace.launch"
local scheduler = require "mtr.wait.scheduler"
local Result = require "mtr.record.result"
local pending = require "mtr.wait.pending"
local script = require "mtr.strategy.script"
local runner = require "mtr.strategy.runner"
local timer = require "mtr.wait.timer"

local xpcall = compat.xpcall
local C, stops = lib.C, err.stops
local M = {}

---@class mtr.Trace: mtr.Op, mtr.TraceFields, mtr.TraceEntry
---@field base mtr.Strategy|false the strategy itself, if its instances are used again
---@field at_last fun(trace: mtr.Trace)|false is called at its end, while the library still has it
local Trace = {}
Trace.launch = launch.launch
for name, method in pairs(script.methods) do Trace[name] = method end

-- Fields that most traces do not have, but that are read for each event or trace. They are found
-- here, so that __index goes no further.
for name in ([[on_probe on_reply on_timeout on_hop on_done pace strategy options base group
    instances ids begun unsent send_probe reply problem lookup slot forgotten done idle waiters
    raises addressed gate at_last
    ]]):gmatch "%S+" do
  Trace[name] = false
end

-- A field that the trace has not set: a fact, asked of the library or, at the end, of the result.
-- It keeps its address only if that is not the text of the target.
local function fact(trace, key)
  if key == "dst" then
    return rawget(trace, "handle") and trace.target
  elseif decode.trace[key] then
    local value, result = facts.of(trace.engine, rawget(trace, "handle"), key), nil
    if value == nil then result = rawget(trace, "result") end
    return value or result and result[key] or nil
  end
  return nil
end

function Trace.__index(trace, key)
  local value = Trace[key]
  if value == nil then value = fact(trace, key) end
  if value == nil then return (strict.missing("a trace", key, fields.trace, Trace)) end
  return value
end

-- Copies to the trace the options that it needs. No loop, because every trace does this.
local function keep(trace, kept)
  if kept.on_probe then trace.on_probe = kept.on_probe end
  if kept.on_reply then trace.on_reply = kept.on_reply end
  if kept.on_timeout then trace.on_timeout = kept.on_timeout end
  if kept.on_hop then trace.on_hop = kept.on_hop end
  if kept.pace then trace.pace = kept.pace end
  if kept.data ~= nil then trace.data = kept.data end
end

-- Makes the table of a trace with the fields that it will have, so that it never has to grow.
-- LuaJIT makes room for those that are nil here as well: for eight, with a strategy for sixteen.
local function blank(engine, target, kept)
  if not kept.strategy then
    return {
      engine = engine, target = target, state = "new", slot = false,
      handle = nil, on_done = nil, result = nil, done = nil,
    }
  end
  return {
    engine = engine, target = target, state = "new", slot = false,
    strategy = kept.strategy, begun = false, unsent = false, base = false,
    handle = nil, on_done = nil, result = nil, done = nil,
  }
end

--- Makes a trace that is not yet started. Checks its options and writes them into `t`. The caller
--- then gives `t` and what was kept of the options to launch(), before another trace uses `t`.
---@param engine mtr.Engine
---@param target string
---@param opts? mtr.TraceOptions
---@param declaration mtr.Declaration
---@param t ffi.cdata* struct mtr_trace
---@return mtr.Trace?
---@return string? bug
---@return table? kept
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
  return trace, nil, kept
end

--- Returns true if a value is a trace.
---@param value any
---@return boolean
function M.is(value)
  local class = type(value) == "table" and getmetatable(value)
  return type(class) == "table" and class.__index == Trace.__index
end

-- The function that was asked about last. Others are not remembered: many programs make one for
-- each trace.
local last, last_takes = setmetatable({}, { __mode = "v" }), false

local function takes_second(fn)
  if last.fn ~= fn then
    last.fn, last_takes = fn, compat.takes_second(fn)
  end
  return last_takes
end

--- Sets the function that is called at the end. Without a parameter for a result it gets none.
---@param on_done fun(err: string?, result: mtr.Result?)
---@private
function Trace:at_end(on_done)
  self.on_done = on_done
  if not takes_second(on_done) then self.result = false end
end

-- Calls the user's function at the end of this trace.
local function call_done(trace, failure, found)
  local ok, problem = xpcall(trace.on_done, err.traceback, failure, found)
  if not ok then trace.engine:report(problem) end
end

--- Calls a hook; if it returns "stop" the trace is halted. If it raises, mtr.engine.dispatch calls
--- broke().
---@param fn function
---@param object table
---@private
function Trace:hook(fn, object)
  local value = fn(self, object)
  if value and stops(value) then self:stop() end
end

--- Reports an error of user code in this trace, and ends the trace.
---@param text string with traceback
---@private
function Trace:broke(text)
  self.engine:report(text)
  if self.state == "done" then return end
  self.error = text
  self:stop "error"
  self.stop_reason, self.stop_data = "error", 0
end

--- Ends the trace, because its strategy says so. The hops that settle by this still go to hooks.
---@param reason string a stop_reason
---@param data integer stop_data
---@param ttl integer the last hop of the result; 0: the highest that answered
---@private
function Trace:finish(reason, data, ttl)
  self.state, self.stop_reason, self.stop_data = "stopping", reason, data
  C.mtr_stop(self.engine.c, self.handle, words.stop[reason], data, ttl)
end

--- Ends the trace. Its hooks are not called any more; the result comes with a later step. A trace
--- that the library has ended in the same batch keeps its hops, and gets this reason.
---@param reason? string a stop_reason; default "halted"
---@param data? integer stop_data
function Trace:stop(reason, data)
  reason, data = reason or "halted", data or 0
  local problem = words.bad_stop(reason)
  if problem then error(problem, 2) end
  if self.state == "running" then self.stop_reason, self.stop_data = reason, data end
  self:halt(reason, data)
end

--- Ends the trace as "halted", unless it has ended already. Called when its waiter gives up, when
--- the engine closes, and when all traces must end.
---@private
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

--- Ends a trace that could not start.
---@param message string
---@param name string
---@private
function Trace:fail(message, name)
  if self.state == "done" then return end
  self.state, self.failure, self.failure_name = "done", message, name
  scheduler.finish(self)
  if self.on_done then call_done(self, message, nil) end
end

--- Takes its DONE event, but for the call of the user's function.
---@private
function Trace:settle()
  local engine = self.engine
  self.state = "done"
  if self.at_last then self:at_last() end
  self.result = rawget(self, "result") == nil and Result.new(self, engine.c) or nil
  local problem = self.strategy and runner.done(self)
  if problem then
    self.error = problem
    if self.result then self.result.stop_reason, self.result.error = "error", problem end
  end
  C.mtr_release(engine.c, self.handle)
  pending.free(engine, self)
  scheduler.finish(self)
end

--- Takes its DONE event.
---@private
function Trace:ended()
  self:settle()
  if self.on_done then call_done(self, nil, self.result) end
end

return M
