-- SPDX-License-Identifier: MIT
--
-- Runs the strategy of a trace, and its pace: asks when the library asks, hands in the answers.
--
-- The library asks (NEXT) when the trace's window, its rate and the engine's have room for a probe,
-- and takes no more probes than it asked for; so nothing a strategy does gets ahead of them. Each
-- probe ends once, by on_reply or by on_timeout (silence, or it could not be sent); duplicates and
-- late replies are for the hooks of the trace only. What a strategy does wrong ends its trace with
-- stop_reason "error" and nothing else; what it raises is caught by mtr.dispatch.
--
-- This is a hot path: no table, closure or string is made for a probe, and there are no tail calls:
-- LuaJIT compiles only a few of them in one trace.

local bit = require "bit"
local lib = require "mtr.lib"
local err = require "mtr.err"
local event = require "mtr.event"
local units = require "mtr.units"
local script = require "mtr.script"
local new_table = require "table.new"

local C = lib.C
local band = bit.band
local EAGAIN, EDQUOT = err.code.EAGAIN, err.code.EDQUOT
local ENDS = bit.bor(C.MTR_REPLY_ANSWER, C.MTR_REPLY_TOO_BIG)
local AGAIN = bit.bor(C.MTR_REPLY_DUP, C.MTR_REPLY_LATE)
local RETRY = 1                        -- ms, when the probe table is full
local ROOM = 15                        -- fields of an instance before its table grows
local traceback = err.traceback

local M = {}

local command = lib.new "struct mtr_probe_opts"

-- Metatables of instances, by strategy.
local inherit = setmetatable({}, { __mode = "k" })

local FIELDS = {
  "family", "least", "first_ttl", "max_ttl", "window", "queries", "attempts", "gap_limit",
  "loop_limit", "flow", "size", "timeout", "max_probes",
}

--- The options of a strategy's trace as they are in force: see mtr.TraceOptions; `family`, and
--- `least`, the bytes of the smallest packet. Traces that are alike share one table: do not write.
---@alias mtr.ForceOptions table<string, number|string>

-- The tables by the bytes of struct mtr_trace that they are made of; a campaign's are all alike.
local known, count, LIMIT = {}, 0, 1000
local FROM = lib.offsetof("struct mtr_trace", "timeout")
local TO = lib.offsetof("struct mtr_trace", "dst")

--- The options in force of a trace that the library has started.
---@param t ffi.cdata* struct mtr_trace
---@return mtr.ForceOptions
function M.options(t)
  local key = lib.string(lib.cast("const char *", t) + FROM, TO - FROM)
  local options = known[key]
  if options then return options end
  options = { protocol = event.protocol[t.protocol], multipath = event.multipath[t.multipath] }
  for _, name in ipairs(FIELDS) do options[name] = t[name] end
  if count == LIMIT then known, count = {}, 0 end
  known[key], count = options, count + 1
  return options
end

--- Gives a trace its instance of a strategy.
---@param trace mtr.Trace
---@param s mtr.Strategy|function
function M.prepare(trace, s)
  if type(s) == "function" then
    trace.strategy = script.new(trace, s)
    return
  end
  local meta = inherit[s]
  if not meta then
    meta = { __index = s }
    inherit[s] = meta
  end
  local own = new_table(0, ROOM)
  own.trace = trace
  setmetatable(own, meta)
  trace.strategy = s.run and script.new(trace, s.run, own) or own
end

--- The events that a strategy has a use for.
---@param s mtr.Strategy an instance
---@return boolean replies, boolean timeouts
function M.wants(s) return s.on_reply ~= nil, s.on_timeout ~= nil end

local function who(s) return s.name and "strategy " .. s.name or "strategy" end

-- Ends a trace whose strategy did what it may not.
local function fault(trace, text)
  trace:broke(("%s: %s"):format(who(trace.strategy), text))
end

-- It wants its trace to end.
local function stop(trace, reason, data, ttl)
  reason, data, ttl = reason or "halted", data or 0, ttl or 0
  local problem = event.bad_stop(reason)
  if problem then return fault(trace, problem) end
  if type(data) ~= "number" or type(ttl) ~= "number" or ttl < 0 or ttl > 255 then
    return fault(trace, ('"stop", %q, %s, %s: the data must be a number, the last ttl 0..255')
      :format(reason, err.show(data), err.show(ttl)))
  end
  trace:finish(reason, data, ttl)
end

local function begin(trace, s)
  trace.begun = true
  if s.init then s:init(trace) end
end

local function refused(trace, probe, n)
  if n == -EAGAIN then
    trace.held = probe
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

local function submit(trace, probe)
  local o, ttl, flow, size = trace.options, probe.ttl, probe.flow, probe.size
  local least, most = o.first_ttl, o.max_ttl
  if outside(ttl, least, most) then return misfit(trace, "ttl", ttl, least, most) end
  if flow == nil then flow = o.flow
  elseif outside(flow, 0, 511) then return misfit(trace, "flow", flow, 0, 511) end
  if size == nil then size = 0
  elseif outside(size, 0, 65535) then return misfit(trace, "size", size, 20, 65535) end
  command.trace, command.ttl, command.flow, command.size = trace.handle, ttl, flow, size
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
  local held = trace.held
  if held then
    trace.held = nil
    submit(trace, held)
    return not trace.held
  end
  local probe, a, b, c = s:next(now)
  if trace.state ~= "running" then return false end
  if type(probe) == "table" then
    submit(trace, probe)
    return not trace.held
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
---@param e mtr.Event
function M.next(trace, e)
  if trace.state ~= "running" then return end
  local s, now = trace.strategy, e.at
  if not trace.begun then begin(trace, s) end
  -- No loop: LuaJIT would take long to compile one that hardly ever goes round.
  if ask(trace, s, now) and e.ttl > 1 and trace.state == "running" then ask(trace, s, now) end
end

local function tell(trace, hook, object)
  local value, reason, data, ttl = hook(trace.strategy, object)
  if value == "stop" and trace.state == "running" then stop(trace, reason, data, ttl) end
end

--- A reply has come; the strategy is told if it ends a probe.
---@param trace mtr.Trace
---@param reply mtr.BorrowedReply
---@param e mtr.Event
function M.reply(trace, reply, e)
  local hook, flags = trace.strategy.on_reply, e.flags
  local ends = band(flags, ENDS) ~= 0 and band(flags, AGAIN) == 0
  if hook and ends and trace.state == "running" then tell(trace, hook, reply) end
end

--- A probe stays unanswered.
---@param trace mtr.Trace
---@param probe mtr.BorrowedProbe
function M.timeout(trace, probe)
  local hook = trace.strategy.on_timeout
  if hook and trace.state == "running" then tell(trace, hook, probe) end
end

--- Its trace has ended; the result is there. The error of `done`, or nil.
---@param trace mtr.Trace
---@return string?
function M.done(trace)
  local s = trace.strategy
  if not trace.begun or not s.done then return nil end
  local ok, problem = xpcall(s.done, traceback, s, trace)
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
