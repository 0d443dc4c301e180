-- SPDX-License-Identifier: MIT
--
-- Names to addresses, in the background: all addresses that the system's resolver gives, in its
-- order (RFC 6724).

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local pending = require "mtr.wait.pending"

local C = lib.C

---@class mtr.Address
---@field family integer
---@field bytes ffi.cdata*
---@field text string
---@field zone integer of a link-local address: the index of its interface, 0 none

---@class mtr.Lookup: mtr.LookupEntry
local Lookup = {}
Lookup.__index = Lookup

local M = {}

local WHY = {
  ENOENT = "no address is known for it",
  EAGAIN = "the name server does not answer; try again, or check /etc/resolv.conf",
  ELIBACC = "no address is known for it as it is written, and libidn2, which maps letters outside "
    .. "ASCII to lower case, is not installed",
}

--- Looks a name up. done(addresses) or done(nil, message, name) is called from a step, as a hook.
---@param engine mtr.Engine
---@param name string
---@param family integer 4, 6, 0 both
---@param done fun(addresses: mtr.Address[]?, message: string?, name: string?)
---@return mtr.Lookup?
---@return string? message, string? name
function M.start(engine, name, family, done)
  local lookup = setmetatable({
    engine = engine, name = name, family = family, done = done, addresses = {}, seen = {},
  }, Lookup)
  local code = C.mtr_resolve(engine.c, name, family, pending.take(engine, lookup))
  if code < 0 then
    pending.free(engine, lookup)
    return err.env(code, ("name %s"):format(err.show(name)))
  end
  return lookup
end

--- One of its events has come.
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

--- Nobody waits for the answer any more.
function Lookup:cancel()
  self.done = nil
  pending.forget(self.engine, self)
end

--- Everything is to end: the answer is that it was cancelled.
function Lookup:halt()
  local done = self.done
  self:cancel()
  if done then done(err.own("ECANCELED", "halted while looking a name up")) end
end

--- The engine closes.
Lookup.closed = Lookup.halt

return M
