-- SPDX-License-Identifier: MIT
--
-- Looks names up in the background: in the hosts file and the DNS, or wherever the system finds
-- names. Gives all addresses, in the order of RFC 6724.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local dns = require "mtr.wait.dns"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C

---@class mtr.Address
---@field family integer
---@field bytes ffi.cdata*
---@field text string
---@field zone integer interface index of a link-local address; 0: none

---@class mtr.Lookup: mtr.LookupEntry
local Lookup = {}
Lookup.__index = Lookup

local M = {}

local WHY = {
  ENOENT = "it has no address",
  EAGAIN = "the name server does not answer; try again, or check /etc/resolv.conf",
  ELIBACC = "it has no address as it is written; letters outside ASCII need the library libidn2, "
    .. "which is not installed",
}

--- Looks a name up. Calls done(addresses) or done(nil, message, name) inside a step, as a hook.
---@param engine mtr.Engine
---@param name string
---@param family integer 4, 6, or 0 for both
---@param done fun(addresses: mtr.Address[]?, message: string?, name: string?)
---@param real? boolean of the real network, also if that of the engine is simulated
---@return mtr.Lookup?
---@return string? message, string? name
function M.start(engine, name, family, done, real)
  local ok, message, errname = dns.apply(engine)
  if not ok then return nil, message, errname end
  local lookup = setmetatable({
    engine = engine, name = name, family = family, done = done, addresses = {}, seen = {},
  }, Lookup)
  if real or engine.dns_only then family = family + C.MTR_RESOLVE_REAL end
  local code = C.mtr_resolve(engine.c, name, family, pending.take(engine, lookup))
  if code < 0 then
    pending.free(engine, lookup)
    return err.env(code, ("name %s"):format(err.show(name)))
  end
  return lookup
end

--- Takes one of its events.
---@param e mtr.Event
function Lookup:resolved(e)
  if e.error == 0 then
    local text = addr.text(e.addr, e.family)
    local key = e.probe > 0 and text .. "%" .. e.probe or text
    if text and not self.seen[key] then
      local bytes = lib.new "uint8_t[16]"
      lib.copy(bytes, e.addr, 16)
      self.seen[key] = true
      self.addresses[#self.addresses + 1] = {
        family = e.family, bytes = bytes, text = text, zone = e.probe,
      }
    end
    if e.ttl > 0 then return end
  end
  pending.free(self.engine, self)
  local done = self.done
  if not done then return end
  if self.addresses[1] then return done(self.addresses) end
  local name = err.name(e.error)
  done(nil, ("%s: name %s not found: %s"):format(name, err.show(self.name),
    WHY[name] or "the resolver failed"), name)
end

--- Cancels the lookup: its function will not be called.
function Lookup:cancel()
  self.done = nil
  pending.forget(self.engine, self)
end

--- Ends the lookup with ECANCELED, because all traces must end.
function Lookup:halt()
  local done = self.done
  self:cancel()
  if done then done(err.named("ECANCELED", "halted while looking a name up")) end
end

--- Ends the lookup, because the engine closes.
Lookup.closed = Lookup.halt

return M
