-- SPDX-License-Identifier: MIT
--
-- Starts a trace whose options are in engine.scratch: finds the address of a name, asks whether it
-- may be probed, and hands it to the library.

local lib = require "mtr.lib"
local addr = require "mtr.addr"
local err = require "mtr.err"
local options = require "mtr.options"
local resolve = require "mtr.resolve"
local slots = require "mtr.slots"
local steer = require "mtr.steer"

local C = lib.C
local EINVAL = err.code.EINVAL
local M = {}

--- The name of a failure that is the caller's bug: the library found a value out of range that
--- depends on others.
M.BUG = "BUG"

-- The kernel's EINVAL for a destination says no more than that.
local NO_ZONE = "a link-local target needs a zone (fe80::1%eth0) or the option interface"
local NO_WAY = "the kernel takes nothing to this target, as with a blackhole route"

local bytes = lib.new "uint8_t[16]"

local function wants(trace)
  local want, all, replies, timeouts = 0, trace.engine.debug, nil, nil
  if trace.strategy then
    replies, timeouts = steer.wants(trace.strategy)
  end
  if trace.on_probe or all then want = want + C.MTR_WANT_SENT end
  if trace.on_reply or replies or all then want = want + C.MTR_WANT_REPLY end
  if trace.on_timeout or timeouts or all then want = want + C.MTR_WANT_TIMEOUT end
  if trace.on_hop then want = want + C.MTR_WANT_HOP end
  if trace.on_hop or trace:wants_result() then want = want + C.MTR_WANT_RESULT end
  return want
end

-- Why this address is not to be probed, as an environment error.
local function refuse(trace, family, address)
  local source, excluded = trace.kept.source, trace.engine.exclude
  local only = trace.kept.family or source and source.family
  if only and only ~= family then
    return err.own("EAFNOSUPPORT", ("%s is not an IPv%d address, as %s wants"):format(
      addr.text(address, family), only, trace.kept.family and "family" or "source"))
  end
  local prefix = excluded and excluded:find(address, family)
  if prefix then
    return err.own("EACCES", ("%s is in the exclude list (%s)"):format(
      addr.text(address, family), prefix))
  end
  return true
end

local function start(trace, t, family, address)
  local ok, message, name = refuse(trace, family, address)
  if not ok then return nil, message, name end
  local engine = trace.engine
  t.cookie, t.want, t.family = slots.take(engine, trace), wants(trace), family
  lib.copy(t.dst, address, 16)
  local n = C.mtr_start(engine.c, t, 1)
  if n < 0 then
    slots.free(engine, trace)
    local why = lib.string(C.mtr_why(engine.c))
    if n ~= -EINVAL then return err.env(n, why) end
    if why ~= "" then return nil, why, M.BUG end
    local zone = family == 6 and addr.class(addr.format(address, 6)) == "link-local"
    return err.env(n, zone and NO_ZONE or NO_WAY)
  end
  trace.kept = nil
  local o = trace.options
  if o then
    o.family, o.least = family, t.least
  end
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
---@param trace mtr.Trace
---@return true?
---@return string? message, string? name or M.BUG
function M.start(trace)
  local engine, kept, t = trace.engine, trace.kept, trace.engine.scratch
  if engine.closing then return err.own("ESHUTDOWN", "the engine is closed") end
  local ok, message, name = options.bind(engine.c, t, kept)
  if not ok then return nil, message, name end
  local family, zone = addr.parse(trace.target, bytes)
  if family > 0 then
    if zone > 0 then t.interface = zone end
    return start(trace, t, family, bytes)
  elseif family ~= -EINVAL then
    return err.env(family, ("the zone in %s"):format(err.show(trace.target)))
  end
  -- The scratch struct is the next trace's by the time the answer is there.
  local own = lib.new("struct mtr_trace", t)
  trace.lookup, message, name = resolve.start(engine, trace.target,
    kept.family or kept.source and kept.source.family or 0,
    function(...) resolved(trace, own, ...) end)
  if not trace.lookup then return nil, message, name end
  trace.state = "resolving"
  return true
end

return M
