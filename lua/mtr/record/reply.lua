-- SPDX-License-Identifier: MIT
--
-- The reply that on_reply gets: one object per engine, filled again for each event.
--
-- It is borrowed: valid only inside the hook; :copy() keeps it. The fields that most hooks read are
-- set, or read one by one from the batch; any other field reads the whole reply. A hook that keeps
-- the object without a copy will see later replies in it.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local strict = require "mtr.base.strict"
local fields = require "mtr.record.fields"
local decode = require "mtr.record.decode"

local C = lib.C
local band = bit.band
local UNREACH, TOO_BIG = C.MTR_REPLY_UNREACH, C.MTR_REPLY_TOO_BIG
local FINAL, DUP, LATE = C.MTR_REPLY_FINAL, C.MTR_REPLY_DUP, C.MTR_REPLY_LATE
local M = {}

---@class mtr.BorrowedReply: mtr.Reply
---@field dup boolean this field and the next four are false where a copy has no field
---@field late boolean
---@field final boolean
---@field unreach boolean
---@field too_big boolean
local Reply = {}

local function reply_whole(self)
  local whole = rawget(self, "_whole")
  if not whole then
    if not rawget(self, "_engine") then return {} end
    whole = decode.read(self._events[self._at], C.mtr_ext(self._engine))
    self._whole = whole
  end
  return whole
end

--- Copies the reply into a table to keep.
---@return mtr.Reply
function Reply:copy()
  local whole = reply_whole(self)
  self._whole = false
  return whole
end

-- Fields that are read one by one, because many hooks read nothing else.
local READ = {}
function READ.timeout() return nil end
function READ.error() return nil end
function READ.ignored(self) return not decode.counts(self._flags) or nil end

-- Fields of the event itself; nil after the engine was closed.
local function at(self) return self._engine and self._events[self._at] end

local function icmp(self)
  local e = at(self)
  return e and e.protocol == C.MTR_ICMP and e
end

function READ.addr(self)
  local e = at(self)
  return e and (addr.text(e.addr, e.family)) or nil
end

function READ.addr_key(self)
  local e = at(self)
  return e and (addr.key(e.addr, e.family)) or nil
end

function READ.rtt(self)
  local e = at(self)
  return e and decode.ms(e.rtt) or nil
end

function READ.flow(self)
  local e = at(self)
  return e and e.flow or nil
end

function READ.attempt(self)
  local e = at(self)
  return e and e.attempt or nil
end

function READ.id(self)
  local e = at(self)
  return e and e.probe or nil
end

function READ.mtu(self)
  local e = icmp(self)
  return e and e.mtu > 0 and e.mtu or nil
end

function READ.icmp_type(self)
  local e = icmp(self)
  return e and e.icmp_type or nil
end

function READ.icmp_code(self)
  local e = icmp(self)
  return e and e.icmp_code ~= C.MTR_NO_CODE and e.icmp_code or nil
end

local function reply_index(self, key)
  local read = READ[key]
  if read then return (read(self)) end
  if Reply[key] then return Reply[key] end
  if key == "ext" and not self._extended then return nil end
  local value = rawget(reply_whole(self), key)
  if value == nil then return (strict.missing("a reply", key, fields.reply, Reply)) end
  return value
end

--- Makes the reply of an engine.
---@param engine ffi.cdata*
---@return mtr.BorrowedReply
function M.new(engine)
  return setmetatable({
    ttl = 0, dup = false, late = false, final = false, unreach = false, too_big = false,
    _engine = engine, _events = false, _at = 0, _flags = 0, _whole = false, _extended = false,
  }, { __index = reply_index })
end

--- Fills the reply from event number `i` of the batch.
---@param self mtr.BorrowedReply
---@param events ffi.cdata* the batch
---@param i integer
function M.fill(self, events, i)
  local e = events[i]
  local flags = e.flags
  self.ttl, self._at, self._flags, self._whole = e.ttl, i, flags, false
  self._events, self._extended = events, e.ext_words > 0
  self.dup, self.late = band(flags, DUP) ~= 0, band(flags, LATE) ~= 0
  self.final, self.unreach = band(flags, FINAL) ~= 0, band(flags, UNREACH) ~= 0
  self.too_big = band(flags, TOO_BIG) ~= 0
end

return M
