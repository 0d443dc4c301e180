-- SPDX-License-Identifier: MIT
--
-- Starts a trace whose options are in a struct mtr_trace: finds the address of a name, checks that
-- it may be probed, and gives it to the library.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local instances = require "mtr.strategy.instances"
local request = require "mtr.trace.request"
local resolve = require "mtr.wait.resolve"
local pending = require "mtr.wait.pending"
local admit = require "mtr.trace.admit"

local C = lib.C
local EINVAL = err.code.EINVAL
local M = {}

local bytes = lib.new "uint8_t[16]"

-- `crowd`: that of a callback, in whose slot the trace starts; nil: it gets a slot of its own.
local function start(trace, t, kept, family, address, crowd)
  local engine = trace.engine
  local ok, message, name = admit.permit(engine, kept, family, address)
  if not ok then return nil, message, name end
  t.cookie, t.family = crowd and crowd.slot or pending.take(engine, trace), family
  t.want = admit.wants(trace, engine.debug, rawget(trace, "result") == nil)
  lib.copy(t.dst, address, 16)
  if trace.addressed then trace.addressed(t) end
  local n = C.mtr_start(engine.c, t, 1)
  if n < 0 then
    if not crowd then pending.free(engine, trace) end
    return admit.refusal(engine, n, family, address)
  end
  if trace.strategy then trace.options = instances.options(t) end
  trace.handle, trace.state = t.handle, "running"
  local dst = addr.format(address, family)
  if dst ~= trace.target then trace.dst = dst end
  if crowd then crowd:add(trace) end
  if trace.send_probe then trace:send_probe() end
  if engine.halted then trace:halt() end
  return true
end

-- Traces the first address that can be traced.
local function resolved(trace, t, kept, addresses, message, name)
  local given = t.interface
  trace.lookup = nil
  if addresses and addresses[2] then
    trace.all_addresses = {}
    for i, address in ipairs(addresses) do trace.all_addresses[i] = address.text end
  end
  for _, address in ipairs(addresses or {}) do
    local ok
    t.interface = address.zone > 0 and address.zone or given
    ok, message, name = start(trace, t, kept, address.family, address.bytes)
    if ok then return end
  end
  if name == err.BUG then message, name = "EINVAL: " .. message, "EINVAL" end
  trace:fail(message, name)
end

-- Asks for the addresses of a name. If the trace has a `gate`, that lets it start when they are
-- known. It is not part of M.launch, because LuaJIT does not compile a
-- function that makes a closure.
local function look_up(trace, t, kept)
  -- When the answer comes, the caller's struct contains the options of another trace.
  local engine, copy = trace.engine, lib.new("struct mtr_trace", t)
  local lookup, message, name = resolve.start(engine, trace.target,
    kept.family or kept.source and kept.source.family or 0,
    function(addresses, ...)
      if not (addresses and trace.gate) then
        return resolved(trace, copy, kept, addresses, ...)
      end
      trace.gate(trace, function() resolved(trace, copy, kept, addresses) end)
    end)
  if not lookup then return nil, message, name end
  trace.lookup, trace.state = lookup, "resolving"
  return true
end

--- Starts a trace. Returns an environment error if it is known at once.
---@param trace mtr.Trace
---@param t ffi.cdata* struct mtr_trace that Trace.new has filled; may be used again after the call
---@param kept table what else it has returned
---@param crowd? mtr.Crowd that it may join; a trace by name does not
---@return true?
---@return string? message, string? name or err.BUG
---@private
function M.launch(trace, t, kept, crowd)
  local engine = trace.engine
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  local ok, message, name = request.bind(engine.c, t, kept)
  if not ok then return nil, message, name end
  local family, zone = addr.parse(trace.target, bytes)
  if family > 0 then
    if zone > 0 then t.interface = zone end
    return start(trace, t, kept, family, bytes, crowd)
  elseif family ~= -EINVAL then
    return err.env(family, ("the zone in %s"):format(err.show(trace.target)))
  end
  local broken = addr.broken(trace.target)
  if broken then return err.named("EINVAL", broken) end
  return look_up(trace, t, kept)
end

return M
