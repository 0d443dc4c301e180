-- SPDX-License-Identifier: MIT
--
-- engine:trace and engine:probe: both wait, or call a callback.
--
-- With a callback they return at once, otherwise they wait. The callback is called exactly once,
-- after the call has returned; also if the call has returned an error. For a callback without a
-- second parameter no result is built.

local unpack = require "mtr.compat".unpack
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local options = require "mtr.trace.options"
local burst = require "mtr.trace.burst"
local crowd = require "mtr.trace.crowd"
local interrupt = require "mtr.wait.interrupt"
local loop = require "mtr.wait.loop"
local scheduler = require "mtr.wait.scheduler"
local timer = require "mtr.wait.timer"
local Trace = require "mtr.trace"

local C = lib.C
local M = {}

-- The options of the trace that starts now.
local t = lib.new "struct mtr_trace"

local function check_callback(who, on_done)
  if on_done == nil then
    scheduler.check(who, 4)
  elseif type(on_done) ~= "function" then
    error(("%s: on_done must be a function, got %s"):format(who, err.show(on_done)), 3)
  end
end

-- Raises a caller's bug that only the library could find.
local function check_bug(who, message, name)
  if name == err.BUG then error(who .. ": " .. message, 3) end
end

-- Returns an error that is known at once, and also gives it to the callback, later.
local function fail(engine, trace, message, name)
  local function fail_trace() trace:fail(message, name) end
  if trace.on_done and (engine.closing or not timer.start(engine, 0, fail_trace)) then
    scheduler.defer(fail_trace)
  end
  return nil, message, name
end

-- Returns true if only the callback of a trace is needed, to call it at the end.
local function plain(engine, kept)
  return not (engine.pick or kept.on_probe or kept.on_reply or kept.on_timeout or kept.on_hop
    or kept.pace or kept.strategy) and kept.data == nil
end

--- Traces the path to an address or a name.
---@async without on_done
---@param engine mtr.Engine
---@param dst string
---@param opts? mtr.TraceOptions
---@param on_done? fun(err: string?, result: mtr.Result?)
---@return mtr.Result|mtr.Trace|nil
---@return string? message, string? name
function M.trace(engine, dst, opts, on_done)
  check_callback("trace", on_done)
  local trace, bug, kept = Trace.new(engine, dst, opts, options.trace, t)
  if not trace then error(bug, 2) end
  if on_done then trace:at_end(on_done) end
  interrupt.check()
  local alone = on_done and plain(engine, kept)
  if on_done and burst.full(engine) then return burst.later(engine, trace, t, kept, alone) end
  local joined = alone and crowd.of(trace) or nil
  local at_once = not on_done and loop.send_now(engine)
  local ok, message, name = trace:launch(t, kept, joined)
  if at_once then loop.sent(engine) end
  if not ok then
    check_bug("trace", message, name)
    return fail(engine, trace, message, name)
  end
  if on_done then return trace end
  scheduler.wait(trace)
  if trace.failure then return nil, trace.failure, trace.failure_name end
  return trace.result
end

local command = lib.new "struct mtr_probe_opts"

-- Sends the one probe of a manual trace.
local function send(trace)
  command.trace, command.ttl, command.flow = trace.handle, trace.ttl, trace.flow
  local n = C.mtr_probe(trace.engine.c, command, 1)
  if n < 1 then
    trace.problem = { err.env(n, lib.string(C.mtr_why(trace.engine.c))) }
    trace:stop()
  end
end

local function keep_reply(trace, reply)
  trace.reply = reply:copy()
  return "stop"
end

local function keep_silence(trace, probe)
  trace.reply = probe:copy()
  trace.reply.timeout = true
  return "stop"
end

-- Returns the outcome of a single probe after its trace has ended.
local function outcome(trace)
  if trace.failure then return nil, trace.failure, trace.failure_name end
  if trace.problem then return unpack(trace.problem, 1, 3) end
  if not trace.reply then return err.named("ECANCELED", "the probe was halted") end
  trace.reply.dst = trace.dst
  return trace.reply
end

--- Sends one probe and returns what came back: a reply, or a table with timeout = true.
---@async without on_done
---@param engine mtr.Engine
---@param opts mtr.ProbeOptions
---@param on_done? fun(err: string?, reply: mtr.Reply?)
---@return mtr.Reply|mtr.Trace|nil
---@return string? message, string? name
function M.probe(engine, opts, on_done)
  check_callback("probe", on_done)
  if type(opts) ~= "table" then
    error(("probe: options must be a table, got %s"):format(err.show(opts)), 2)
  end
  local trace, bug, kept = Trace.new(engine, opts.dst, opts, options.probe, t)
  if not trace then error(bug, 2) end
  if not opts.ttl then error("probe: ttl must be 1..255, got nil", 2) end
  t.flags = t.flags + C.MTR_MANUAL
  t.first_ttl, t.max_ttl = 1, opts.ttl
  trace.ttl, trace.flow, trace.send_probe = opts.ttl, opts.flow or 0, send
  trace.on_reply, trace.on_timeout, trace.result = keep_reply, keep_silence, false
  if on_done then
    trace.on_done = function()
      local reply, message = outcome(trace)
      on_done(message, reply)
    end
  end
  interrupt.check()
  local at_once = not on_done and loop.send_now(engine)
  local ok, message, name = trace:launch(t, kept)
  if at_once then loop.sent(engine) end
  if not ok then
    check_bug("probe", message, name)
    return fail(engine, trace, message, name)
  end
  if on_done then return trace end
  scheduler.wait(trace)
  return outcome(trace)
end

return M
