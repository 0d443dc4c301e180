-- SPDX-License-Identifier: MIT
--
-- Writes the options of a trace into a struct mtr_trace: the defaults, the user's options, and
-- those that its strategy sets. Options without a field are kept in a table.
--
-- Values are checked one by one, and then against each other. What only the system knows (does the
-- interface exist?) is checked by bind(), and is an environment error.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local err = require "mtr.base.err"
local check = require "mtr.base.check"
local registry = require "mtr.strategy.registry"
local options = require "mtr.trace.options"
local recent = require "mtr.trace.recent"

local C = lib.C
local M = {}

local TCP_PORT = options.trace.by_name.port.default.tcp

-- Finds options that contradict each other, or have no meaning together.
local function conflict(t, opts, strategy, source)
  if t.first_ttl > t.max_ttl then
    return ("first_ttl %d is above max_ttl %d"):format(t.first_ttl, t.max_ttl)
  elseif opts.tcp_flags and t.protocol ~= C.MTR_TCP then
    return 'tcp_flags needs protocol "tcp"'
  elseif opts.port and t.protocol == C.MTR_ICMP then
    return 'port needs protocol "udp" or "tcp"'
  elseif t.multipath == C.MTR_DUBLIN and t.protocol ~= C.MTR_UDP then
    return 'multipath "dublin" needs protocol "udp"'
  elseif opts.max_probes and not strategy then
    return 'max_probes needs a strategy other than "window"'
  elseif opts.family and source and source.family ~= opts.family then
    return ("source %s is not an IPv%d address"):format(err.show(opts.source), opts.family)
  end
end

local function put(option, value, t, out)
  if option.field then
    t[option.name] = value
  elseif option.bits then
    t.flags = bit.bor(bit.band(t.flags, bit.bnot(option.bits)), value and option.bits or 0)
  else
    out[option.name] = value
  end
end

local function put_unsaid(option, value, opts, t, out)
  if opts[option.name] == nil then put(option, value, t, out) end
end

-- Adds the options of the strategy that the user did not give.
local function fill_defaults(declaration, s, opts, t, out)
  local defaults = type(s) == "table" and s.defaults
  if not defaults then return nil end
  return check.each(declaration, defaults, put_unsaid, opts, t, out)
end

-- The table that is returned if no option has to be kept.
local NONE = {}

local function check_all(declaration, opts, t)
  local out = {}
  C.mtr_trace_defaults(t)
  local problem = check.each(declaration, opts, put, t, out)
  if problem then return nil, problem end
  if out.strategy == registry.SWEEP then out.strategy = nil end
  problem = out.strategy and fill_defaults(declaration, out.strategy, opts, t, out)
  if problem then return nil, problem end
  if not opts.port and t.protocol == C.MTR_TCP then t.port = TCP_PORT end
  problem = conflict(t, opts, out.strategy, out.source)
  if problem then return nil, declaration.who .. ": " .. problem end
  recent.remember(declaration, opts, t, out)
  return out
end

--- Checks options and writes them into a struct mtr_trace, on top of the defaults.
---@param declaration mtr.Declaration
---@param opts? table
---@param t ffi.cdata* struct mtr_trace
---@return table? kept options that have no field in the struct; do not change it
---@return string? message of a caller's bug
function M.fill(declaration, opts, t)
  if opts == nil then
    C.mtr_trace_defaults(t)
    return NONE
  end
  local kept = recent.fill(declaration, opts, t)
  if kept then return kept end
  return check_all(declaration, opts, t)
end

--- Writes into the struct what needs the system or the engine: interface, payload, source.
---@param engine ffi.cdata*
---@param t ffi.cdata* struct mtr_trace
---@param out table what fill() kept
---@return true?
---@return string? message, string? name an environment error
function M.bind(engine, t, out)
  if out.interface then
    local index = C.mtr_interface(out.interface)
    if index < 0 then return err.env(index, ("interface %s"):format(err.show(out.interface))) end
    t.interface = index
  end
  if out.payload and #out.payload > 0 then
    local id = C.mtr_payload(engine, out.payload, #out.payload)
    if id < 0 then return err.env(id, "payload of " .. #out.payload .. " bytes") end
    t.payload = id
  end
  if out.source then lib.copy(t.src, out.source.bytes, 16) end
  return true
end

return M
