-- SPDX-License-Identifier: MIT
--
-- Answers questions about the start of a trace: which events do the hooks want, may the address be
-- probed, and why did the library refuse? Used by single traces (mtr.trace), probers
-- (mtr.trace.prober) and campaigns (mtr.campaign.cohort).

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local runner = require "mtr.strategy.runner"

local C = lib.C
local EINVAL = err.code.EINVAL
local M = {}

-- What the kernel's EINVAL for a destination can mean.
local NO_ZONE = "a link-local target needs a zone (fe80::1%eth0) or the option interface"
local NO_WAY = "the kernel refuses this destination (a blackhole route?)"

--- Returns the flags of the events that the hooks and the strategy need.
---@param trace table on_probe, on_reply, on_timeout, on_hop, strategy
---@param all? boolean for the debug log
---@param whole boolean true if a result is wanted
---@return integer
function M.wants(trace, all, whole)
  local want, replies, timeouts = 0, nil, nil
  if trace.strategy then
    replies, timeouts = runner.wants(trace.strategy)
  end
  if trace.on_probe or all then want = want + C.MTR_WANT_SENT end
  if trace.on_reply or replies or all then want = want + C.MTR_WANT_REPLY end
  if trace.on_timeout or timeouts or all then want = want + C.MTR_WANT_TIMEOUT end
  if trace.on_hop then want = want + C.MTR_WANT_HOP end
  if trace.on_hop or whole then want = want + C.MTR_WANT_RESULT end
  return want
end

--- Checks if an address may be probed. Returns true or an environment error.
---@param engine mtr.Engine
---@param kept table what mtr.trace.request kept
---@param family integer
---@param address ffi.cdata*
---@return true?
---@return string? message, string? name
function M.permit(engine, kept, family, address)
  local source, excluded = kept.source, engine.exclude
  local only = kept.family or source and source.family
  if only and only ~= family then
    return err.named("EAFNOSUPPORT", ("%s is not an IPv%d address, as option %s wants"):format(
      addr.text(address, family), only, kept.family and "family" or "source"))
  end
  local prefix = excluded and excluded:find(address, family)
  if prefix then
    return err.named("EACCES", ("%s is in the exclude list (%s)"):format(
      addr.text(address, family), prefix))
  end
  return true
end

--- Explains why mtr_start failed. Returns an environment error; or, with the name err.BUG, a
--- caller's bug: a value that is out of range because of other values.
---@param engine mtr.Engine
---@param code integer
---@param family integer
---@param address ffi.cdata*
---@return nil, string message, string name
function M.refusal(engine, code, family, address)
  local why = lib.string(C.mtr_why(engine.c))
  if code ~= -EINVAL then return err.env(code, why) end
  if why ~= "" then return nil, why, err.BUG end
  local zone = family == 6 and addr.class(addr.format(address, 6)) == "link-local"
  return err.env(code, zone and NO_ZONE or NO_WAY)
end

return M
