-- SPDX-License-Identifier: MIT
--
-- Runs the strategy of a trace, and its pace: asks when the library asks, hands in the answers.
--
-- The library asks (NEXT) when the trace's window, its rate and the engine's have room for a probe,
-- and takes no more probes than it asked for; so nothing a strategy does gets ahead of them. Each
-- probe ends once, by on_reply or by on_timeout (silence, or it could not be sent); duplicates and
-- late replies are for the hooks of the trace only. What a strategy does wrong ends its trace with
-- stop_reason "error" and nothing else; what it raises is caught by mtr.engine.dispatch.
--
-- This is a hot path: no table, closure or string is made for a probe, and there are no tail calls:
-- LuaJIT compiles only a few of them in one trace.

local bit = require "bit"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local units = require "mtr.base.units"
local instances = require "mtr.strategy.instances"

local C = lib.C
local band = bit.band
local EAGAIN, EDQUOT = err.code.EAGAIN, err.code.EDQUOT
local ENDS = bit.bor(C.MTR_REPLY_ANSWER, C.MTR_REPLY_TOO_BIG)
local AGAIN = bit.bor(C.MTR_REPLY_DUP, C.MTR_REPLY_LATE)
local RETRY = 1                        -- ms, when the probe table is full
local traceback, type = err.traceback, type

local M = {}

local command = lib.new "struct mtr_probe_opts"

--- The events that a strategy has a use for.
---@param s mtr.Strategy|function it, or an instance
---@return boolean replies, boolean timeouts
function M.wants(s)
  if type(s) == "function" or s.run then return true, true end
  return s.on_reply ~= nil, s.on_timeout ~= nil
end

local function who(s) return s.name and "strategy " .. s.name or "strategy" end

-- Ends a trace whose strategy did what it may not.
local function fault(trace, text)
  trace:broke(("%s: %s"):format(who(trace.strategy), text))
end

-- It wants its trace to end.
local function stop(trace, reason, data, ttl)
  reason, data, ttl = reason or "halted", data or 0, ttl or 0
  local problem = words.bad_stop(reason)
  if problem then return fault(trace, problem) end
  if type(data) ~= "number" or type(ttl) ~= "number" or ttl < 0 or ttl > 255 then
    return fault(trace, ('"stop", %q, %s, %s: the data must be a number, the last ttl 0..255')
      :format(reason, err.show(data), err.show(ttl)))
  end
  trace:finish(reason, data, ttl)
end

local function begin(trace)
  local group = trace.group
  local s = group and group:make(trace) or instances.single(trace, trace.strategy)
  trace.strategy, trace.begun = s, true
  if s.init then s:init(trace) end
end

local function refused(trace, probe, n)
  if n == -EAGAIN then
    trace.unsent = probe
    C.mtr_pass(trace.engine.c, trace.handle, RETRY)
  elseif n == -EDQUOT then
    fault(trace, ("%d probes sent and no end: raise max_probes, or have it return \"stop\"")
      :format(trace.options.max_probes))
  else
    fault(trace, "next: " .. select(2, err.env(n, lib.string(C.mtr_why(trace.engine.c)))))
  end
end

local function outside(value, least, most)
  return type(value) ~= "number" or value < least or value > most or value % 1 ~= 0
end

local function misfit(trace, name, value, least, most)
  fault(trace, ("next: %s must be %d..%d, got %s"):format(name, least, most, err.show(value)))
end

local function submit(trace, probe, last)
  local o, ttl, flow, size = trace.options, probe.ttl, probe.flow, probe.size
  local least, most = o.first_ttl, o.max_ttl
  if outside(ttl, least, most) then return misfit(trace, "ttl", ttl, least, most) end
  if flow == nil then flow = o.flow
  elseif outside(flow, 0, 511) then return misfit(trace, "flow", flow, 0, 511) end
  if size == nil then size = 0
  elseif outside(size, 0, 65535) then return misfit(trace, "size", size, 20, 65535) end
  command.trace, command.ttl, command.flow, command.size = trace.handle, ttl, flow, size
  command.last = last and 1 or 0
  local n = C.mtr_probe(trace.engine.c, command, 1)
  if n == 1 then
    probe.id = command.probe
  else
    refused(trace, probe, n)
  end
end

local function pass(trace, wake)
  wake = wake == nil and -1 or wake
  if type(wake) ~= "number" or not (wake == -1 or wake >= 0 and wake < 1e12) then
    return fault(trace, "next: wake must be ms from now, got " .. err.show(wake))
  end
  C.mtr_pass(trace.engine.c, trace.handle, wake)
end

-- Asks for one probe; true if there may be another.
local function ask(trace, s, now)
  local unsent = trace.unsent
  if unsent then
    trace.unsent = false
    submit(trace, unsent, false)
    return not trace.unsent
  end
  local probe, a, b, c = s:next(now, trace)
  if trace.state ~= "running" then return false end
  if type(probe) == "table" or type(probe) == "cdata" then
    local last = a == true
    submit(trace, probe, last)
    return not (last or trace.unsent)
  elseif probe == nil then
    pass(trace, a)
  elseif probe == "stop" then
    stop(trace, a, b, c)
  else
    fault(trace, 'next must return a probe such as { ttl = 1 }, nil or "stop", got '
      .. err.show(probe))
  end
  return false
end

--- The library asks for probes.
---@param trace mtr.Trace
---@param now number ms since the trace began
---@param places integer probes that it has room for
function M.next(trace, now, places)
  if trace.state ~= "running" then return end
  if not trace.begun then begin(trace) end
  local s = trace.strategy
  -- No loop: LuaJIT would take long to compile one that hardly ever goes round.
  if ask(trace, s, now) and places > 1 and trace.state == "running" then ask(trace, s, now) end
end

local function pass_on(trace, hook, object)
  local value, reason, data, ttl = hook(trace.strategy, object, trace)
  if value == "stop" and trace.state == "running" then stop(trace, reason, data, ttl) end
end

--- A reply has come; the strategy is told if it ends a probe.
---@param trace mtr.Trace
---@param reply mtr.BorrowedReply
function M.reply(trace, reply)
  if trace.state ~= "running" then return end
  local hook, flags = trace.strategy.on_reply, reply._flags
  if not hook or band(flags, ENDS) == 0 or band(flags, AGAIN) ~= 0 then return end
  pass_on(trace, hook, reply)
end

--- A probe stays unanswered.
---@param trace mtr.Trace
---@param probe mtr.BorrowedProbe
function M.timeout(trace, probe)
  local hook = trace.state == "running" and trace.strategy.on_timeout
  if hook then pass_on(trace, hook, probe) end
end

--- Its trace has ended; the result is there. The error of `done`, or nil.
---@param trace mtr.Trace
---@return string?
function M.done(trace)
  local s, ok, problem = trace.strategy, true, nil
  if not trace.begun then return nil end
  if s.done then ok, problem = xpcall(s.done, traceback, s, trace) end
  instances.release(trace)
  if ok then return nil end
  trace.engine:report(problem)
  return problem
end

--- The library asks how long a trace waits before its next probe.
---@param trace mtr.Trace
function M.pace(trace)
  if trace.state ~= "running" then return end
  local ok, wait = xpcall(trace.pace, traceback, trace)
  if not ok then return trace:broke(wait) end
  if trace.state ~= "running" then return end
  local ms = units.duration(wait)
  if ms then
    C.mtr_pace(trace.engine.c, trace.handle, ms)
  else
    trace:broke("pace must return ms or a duration, got " .. err.show(wait))
  end
end

return M
