-- SPDX-License-Identifier: MIT
--
-- Starts a trace whose options are in a struct mtr_trace: finds the address of a name, asks whether
-- it may be probed, and hands it to the library.

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

local function start(trace, t, family, address)
  local engine = trace.engine
  local ok, message, name = admit.permit(engine, trace.kept, family, address)
  if not ok then return nil, message, name end
  t.cookie, t.family = pending.take(engine, trace), family
  t.want = admit.wants(trace, engine.debug, trace:wants_result())
  lib.copy(t.dst, address, 16)
  local n = C.mtr_start(engine.c, t, 1)
  if n < 0 then
    pending.free(engine, trace)
    return admit.refusal(engine, n, family, address)
  end
  trace.kept = nil
  if trace.strategy then trace.options = instances.options(t) end
  trace.handle, trace.dst, trace.state = t.handle, addr.format(address, family), "running"
  if trace.single then trace:single() end
  if engine.halted then trace:halt() end
  return true
end

-- The answer of a name lookup: the first address that can be traced is.
local function resolved(trace, t, addresses, message, name)
  local given = t.interface
  trace.lookup = nil
  if addresses and addresses[2] then
    trace.all_addresses = {}
    for i, address in ipairs(addresses) do trace.all_addresses[i] = address.text end
  end
  for _, address in ipairs(addresses or {}) do
    local ok
    t.interface = address.zone > 0 and address.zone or given
    ok, message, name = start(trace, t, address.family, address.bytes)
    if ok then return end
  end
  if name == err.BUG then message, name = "EINVAL: " .. message, "EINVAL" end
  trace:fail(message, name)
end

-- Asks for the addresses of a name. LuaJIT compiles no function that makes closures, so it is not
-- in M.start.
local function look_up(trace, t)
  -- The caller's struct holds the options of another trace by the time the answer is there.
  local engine, kept, copy = trace.engine, trace.kept, lib.new("struct mtr_trace", t)
  local lookup, message, name = resolve.start(engine, trace.target,
    kept.family or kept.source and kept.source.family or 0,
    function(...) resolved(trace, copy, ...) end)
  if not lookup then return nil, message, name end
  trace.lookup, trace.state = lookup, "resolving"
  return true
end

--- Starts it. On an environment error that is known at once returns it.
---@param trace mtr.Trace
---@param t ffi.cdata* struct mtr_trace that Trace.new has filled; the caller's again on return
---@return true?
---@return string? message, string? name or err.BUG
function M.start(trace, t)
  local engine = trace.engine
  if engine.closing then return err.named("ESHUTDOWN", "the engine is closed") end
  local ok, message, name = request.bind(engine.c, t, trace.kept)
  if not ok then return nil, message, name end
  local family, zone = addr.parse(trace.target, bytes)
  if family > 0 then
    if zone > 0 then t.interface = zone end
    return start(trace, t, family, bytes)
  elseif family ~= -EINVAL then
    return err.env(family, ("the zone in %s"):format(err.show(trace.target)))
  end
  local broken = addr.broken(trace.target)
  if broken then return err.named("EINVAL", broken) end
  return look_up(trace, t)
end

return M
