-- SPDX-License-Identifier: MIT
--
-- Runs the strategy and the pace of a trace: asks them when the library asks, and passes the
-- answers on.
--
-- The library asks (NEXT) when the window and rate of the trace and the rate of the engine have
-- room, and takes no more probes than it asked for; so a strategy cannot exceed these limits. Each
-- probe ends once, by on_reply or by on_timeout (no answer, or it could not be sent). Duplicate and
-- late replies go only to the hooks of the trace. A mistake of a strategy ends only its trace, with
-- stop_reason "error"; mtr.engine.dispatch catches errors that it raises.
--
-- This is a hot path: it makes no table, closure or string for a probe. It uses no tail calls,
-- because LuaJIT compiles only a few of them in a row.

local compat = require "mtr.compat"
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local units = require "mtr.base.units"
local instances = require "mtr.strategy.instances"

local bit, xpcall = compat.bit, compat.xpcall
local C = lib.C
local band = bit.band
local EAGAIN, EDQUOT, ESTALE = err.code.EAGAIN, err.code.EDQUOT, err.code.ESTALE
local ENDS = bit.bor(C.MTR_REPLY_ANSWER, C.MTR_REPLY_TOO_BIG)
local AGAIN = bit.bor(C.MTR_REPLY_DUP, C.MTR_REPLY_LATE)
local RETRY = 1                        -- ms to the next try when the probe table is full
local traceback, type = err.traceback, type

local M = {}

local command = lib.new "struct mtr_probe_opts"

--- Returns which events a strategy needs.
---@param s mtr.Strategy|function a strategy, or an instance
---@return boolean replies, boolean timeouts
function M.wants(s)
  if type(s) == "function" or s.run then return true, true end
  return s.on_reply ~= nil, s.on_timeout ~= nil
end

local function who(s) return s.name and "strategy " .. s.name or "strategy" end

-- Ends a trace whose strategy made a mistake.
local function fault(trace, text)
  trace:broke(("%s: %s"):format(who(trace.strategy), text))
end

-- Ends a trace because its strategy says so.
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
    fault(trace, ("%.0f probes sent without an end: raise max_probes, or return \"stop\" earlier")
      :format(trace.options.max_probes))
  elseif n ~= -ESTALE then             -- stale: it was stopped after the library had asked
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

-- Asks a strategy for one probe; returns true if it may have another one.
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

--- Asks the strategy for probes, because the library asks.
---@param trace mtr.Trace
---@param now number ms since the trace began
---@param places integer number of probes that the library takes
function M.next(trace, now, places)
  if trace.state ~= "running" then return end
  if not trace.begun then begin(trace) end
  local s = trace.strategy
  -- No loop: LuaJIT compiles a loop late if it rarely runs more than once.
  if ask(trace, s, now) and places > 1 and trace.state == "running" then ask(trace, s, now) end
end

local function pass_on(trace, hook, object)
  local value, reason, data, ttl = hook(trace.strategy, object, trace)
  if value == "stop" and trace.state == "running" then stop(trace, reason, data, ttl) end
end

--- Passes a reply to the strategy, if it ends a probe.
---@param trace mtr.Trace
---@param reply mtr.BorrowedReply
function M.reply(trace, reply)
  if trace.state ~= "running" then return end
  local hook, flags = trace.strategy.on_reply, reply._flags
  if not hook or band(flags, ENDS) == 0 or band(flags, AGAIN) ~= 0 then return end
  pass_on(trace, hook, reply)
end

--- Passes a probe that got no answer to the strategy.
---@param trace mtr.Trace
---@param probe mtr.BorrowedProbe
function M.timeout(trace, probe)
  local hook = trace.state == "running" and trace.strategy.on_timeout
  if hook then pass_on(trace, hook, probe) end
end

--- Calls `done` of the strategy: its trace has ended and the result is there. Returns its error, or
--- nil.
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

--- Asks the pace of a trace how long it waits before its next probe, because the library asks.
---@param trace mtr.Trace
function M.pace(trace)
  if trace.state ~= "running" then return end
  local ok, wait = xpcall(trace.pace, traceback, trace)
  if not ok then return trace:broke(wait) end
  if trace.state ~= "running" then return end
  local ms = units.duration(wait)
  if ms and ms < 1e12 then
    C.mtr_pace(trace.engine.c, trace.handle, ms)
  else
    trace:broke("pace must return ms or a duration, got " .. err.show(wait))
  end
end

return M
