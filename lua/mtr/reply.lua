-- SPDX-License-Identifier: MIT
--
-- The reply that on_reply is given: one per engine, filled anew for each event.
--
-- Borrowed: valid inside the hook, :copy() to keep. What nearly every hook reads is set, or read
-- from the batch one by one; for any other field the whole reply is read. A hook that keeps the
-- object itself will see later replies in it.

local bit = require "bit"
local lib = require "mtr.lib"
local addr = require "mtr.addr"
local record = require "mtr.record"

local C = lib.C
local band = bit.band
local M = {}

---@class mtr.BorrowedReply: mtr.Reply
local Reply = {}

local function reply_whole(self)
  local whole = rawget(self, "_whole")
  if not whole then
    if not rawget(self, "_engine") then return {} end
    whole = record.read(C.mtr_events(self._engine)[self._at], C.mtr_ext(self._engine))
    self._whole = whole
  end
  return whole
end

--- A reply of one's own.
---@return mtr.Reply
function Reply:copy()
  local whole = reply_whole(self)
  self._whole = false
  return whole
end

-- Fields that are read one by one, for hooks that get no further.
local READ = {}
function READ.timeout() return nil end
function READ.error() return nil end
function READ.addr(e) return (addr.text(e.addr, e.family)) end
function READ.addr_key(e) return (addr.key(e.addr, e.family)) end
function READ.rtt(e) return record.ms(e.rtt) end
function READ.flow(e) return e.flow end
function READ.attempt(e) return e.attempt end
function READ.id(e) return e.probe end
function READ.unreach(e) return band(e.flags, C.MTR_REPLY_UNREACH) ~= 0 or nil end
function READ.too_big(e) return band(e.flags, C.MTR_REPLY_TOO_BIG) ~= 0 or nil end
function READ.mtu(e) return e.protocol == C.MTR_ICMP and e.mtu > 0 and e.mtu or nil end
function READ.icmp_type(e) return e.protocol == C.MTR_ICMP and e.icmp_type or nil end
function READ.icmp_code(e) return e.protocol == C.MTR_ICMP and e.icmp_code or nil end
function READ.ignored(e) return not record.counts(e.flags) or nil end
function READ.final(e) return band(e.flags, C.MTR_REPLY_FINAL) ~= 0 or nil end

local function reply_index(self, key)
  if Reply[key] then return Reply[key] end
  local read = READ[key]
  if read and rawget(self, "_engine") then
    return (read(C.mtr_events(self._engine)[self._at]))
  end
  if key == "ext" and not self._extended then return nil end
  return reply_whole(self)[key]
end

--- The engine's one reply.
---@param engine ffi.cdata*
---@return mtr.BorrowedReply
function M.new(engine)
  return setmetatable({
    ttl = 0, dup = false, late = false,
    _engine = engine, _at = 0, _whole = false, _extended = false,
  }, { __index = reply_index })
end

--- Fills the reply from event number `i` of the batch.
---@param self mtr.BorrowedReply
---@param e mtr.Event
---@param i integer
function M.fill(self, e, i)
  local flags = e.flags
  self.ttl, self._at, self._whole, self._extended = e.ttl, i, false, e.ext_words > 0
  self.dup = band(flags, C.MTR_REPLY_DUP) ~= 0
  self.late = band(flags, C.MTR_REPLY_LATE) ~= 0
end

return M
