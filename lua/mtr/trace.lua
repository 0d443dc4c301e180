-- SPDX-License-Identifier: MIT
--
-- One trace, from its options to its end: new -> (resolving ->) running -> stopping -> done.
--
-- The library does the tracing; this object holds what belongs to the user (hooks, data), finds the
-- address of a name, and hands out the end: once, to who waits or to on_done. A hook that raises
-- stops its own trace only, with stop_reason "error".

local lib = require "mtr.lib"
local addr = require "mtr.addr"
local err = require "mtr.err"
local event = require "mtr.event"
local options = require "mtr.options"
local park = require "mtr.park"
local resolve = require "mtr.resolve"
local result = require "mtr.result"
local slots = require "mtr.slots"
local starts = require "mtr.start"
local timer = require "mtr.timer"

local C = lib.C
local EINVAL = err.code.EINVAL
local M = {}

---@class mtr.Trace: mtr.Op
---@field engine mtr.Engine
---@field target string as it was given
---@field dst? string its address, once it is known
---@field data any as given
---@field state "new"|"resolving"|"running"|"stopping"|"done"
---@field result? mtr.Result
---@field failure? string why it never started
---@field failure_name? string
---@field error? string traceback of the hook that failed
local Trace = {}
Trace.__index = Trace

M.BUG = starts.BUG

local KEPT = { "on_probe", "on_reply", "on_timeout", "on_hop", "data" }

local bytes = lib.new "uint8_t[16]"

--- A trace that is not yet started; its options are checked and in engine.scratch.
---@param engine mtr.Engine
---@param target string
---@param opts? mtr.TraceOptions
---@param declaration mtr.Declaration
---@return mtr.Trace?
---@return string? bug
function M.new(engine, target, opts, declaration)
  if type(target) ~= "string" or target == "" then
    return nil, ("%s: dst must be an address or a name, got %s"):format(
      declaration.who, err.show(target))
  end
  local kept, bug = options.fill(declaration, opts, engine.scratch)
  if not kept then return nil, bug end
  -- Eight fields while in flight, unless there is more to remember: a ninth doubles the table.
  local trace = setmetatable({ engine = engine, target = target, state = "new" }, Trace)
  for _, name in ipairs(KEPT) do
    if kept[name] ~= nil then trace[name] = kept[name] end
  end
  trace.kept = kept
  return trace
end

local function takes_second(fn)
  local info = debug.getinfo(fn, "u")
  return info.nparams >= 2 or info.isvararg
end

-- Whether anybody will see a result: who waits, or a callback with a parameter for it.
local function wants_result(trace)
  if trace.single then return false end
  return not trace.on_done or takes_second(trace.on_done)
end

local function start(trace, t, family, address)
  local engine = trace.engine
  local ok, message, name = starts.permit(engine, trace.kept, family, address)
  if not ok then return nil, message, name end
  t.cookie, t.family = slots.take(engine, trace), family
  t.want = starts.wants(trace, engine.debug, wants_result(trace))
  lib.copy(t.dst, address, 16)
  local n = C.mtr_start(engine.c, t, 1)
  if n < 0 then
    slots.free(engine, trace)
    return starts.refusal(engine, n)
  end
  trace.kept = nil
  trace.handle, trace.dst, trace.state = t.handle, addr.format(address, family), "running"
  if trace.single then trace:single() end
  if engine.halted then trace:halt() end
  return true
end

-- The answer of a name lookup: the first address that can be traced is.
local function resolved(trace, t, addresses, message, name)
  trace.lookup = nil
  if addresses and addresses[2] then
    trace.all_addresses = {}
    for i, address in ipairs(addresses) do trace.all_addresses[i] = address.text end
  end
  for _, address in ipairs(addresses or {}) do
    local ok
    ok, message, name = start(trace, t, address.family, address.bytes)
    if ok then return end
  end
  if name == M.BUG then message, name = "EINVAL: " .. message, "EINVAL" end
  trace:fail(message, name)
end

--- Starts it. On an environment error that is known at once returns it.
---@return true?
---@return string? message, string? name or M.BUG
function Trace:start()
  local engine, kept, t = self.engine, self.kept, self.engine.scratch
  if engine.closing then return err.own("ESHUTDOWN", "the engine is closed") end
  local ok, message, name = options.bind(engine.c, t, kept)
  if not ok then return nil, message, name end
  local family, zone = addr.parse(self.target, bytes)
  if family > 0 then
    if zone > 0 then t.interface = zone end
    return start(self, t, family, bytes)
  elseif family ~= -EINVAL then
    return err.env(family, ("the zone in %s"):format(err.show(self.target)))
  end
  -- The scratch struct is the next trace's by the time the answer is there.
  local own = lib.new("struct mtr_trace", t)
  self.lookup, message, name = resolve.start(engine, self.target,
    kept.family or kept.source and kept.source.family or 0,
    function(...) resolved(self, own, ...) end)
  if not self.lookup then return nil, message, name end
  self.state = "resolving"
  return true
end

-- Calls user code in the name of this trace. True and its value, or false.
local function call(trace, fn, a, b)
  local ok, value = xpcall(fn, err.traceback, a, b)
  if ok then return true, value end
  trace.engine:report(value)
  return false, value
end

--- Calls a hook: "stop" halts the trace, an error ends it.
---@param fn function
---@param object table
function Trace:hook(fn, object)
  local ok, value = call(self, fn, self, object)
  if ok then
    if value == "stop" then self:stop() end
  elseif self.state ~= "done" then
    self.error = value
    self:stop "error"
    self.stop_reason, self.stop_data = "error", 0
  end
end

--- Ends the trace. No hook of it is called any more; the result comes with a later step. A trace
--- that the library has ended in the same batch keeps what it found, and gets this reason.
---@param reason? string a stop_reason; default "halted"
---@param data? integer stop_data
function Trace:stop(reason, data)
  reason, data = reason or "halted", data or 0
  if type(event.stop[reason]) ~= "number" then
    error(("stop: unknown reason %s"):format(err.show(reason)), 2)
  end
  if self.state == "running" then self.stop_reason, self.stop_data = reason, data end
  self:halt(reason, data)
end

--- Its waiter gives up, the engine closes, or everything is to end: "halted", unless it has ended
--- by itself already.
function Trace:halt(reason, data)
  if self.state == "running" then
    self.state = "stopping"
    self.on_probe, self.on_reply, self.on_timeout, self.on_hop = nil, nil, nil, nil
    C.mtr_stop(self.engine.c, self.handle, event.stop[reason or "halted"], data or 0)
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
  park.finish(self)
  if self.on_done then call(self, self.on_done, message, nil) end
end

--- Its DONE event has come.
function Trace:ended()
  local engine = self.engine
  self.state = "done"
  if wants_result(self) then self.result = result.new(self, engine.c) end
  C.mtr_release(engine.c, self.handle)
  slots.free(engine, self)
  park.finish(self)
  if self.on_done then call(self, self.on_done, nil, self.result) end
end

return M
