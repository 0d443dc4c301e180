-- SPDX-License-Identifier: MIT
--
-- The hop that on_hop gets: one object per engine, filled again for each event.
--
-- It is borrowed: valid only inside the hook; :copy() keeps it. The fields that most hooks read are
-- set for each event. The text of the address is made, and the replies are fetched from the engine,
-- only when a hook reads them, so an event allocates nothing. A hook that keeps the object without
-- a copy will see later hops in it.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local strict = require "mtr.base.strict"
local fields = require "mtr.record.fields"
local kept = require "mtr.record.kept"
local decode = require "mtr.record.decode"

local C = lib.C
local M = {}

---@class mtr.BorrowedHop: mtr.Hop
local Hop = {}

local function hop_replies(hop)
  local list = rawget(hop, "_replies")
  if not list then
    list = {}
    if not hop._engine then return list end
    local events, n, objects = decode.fetch(hop._engine, hop._trace, hop.ttl)
    for i = 0, n - 1 do
      if events[i].kind == C.MTR_EV_REPLY then
        list[#list + 1] = decode.read(events[i], objects)
      end
    end
    hop._replies = list
  end
  return list
end

--- Copies the hop, with its replies, into a table to keep.
---@return mtr.Hop
function Hop:copy()
  return (setmetatable({
    ttl = self.ttl, addr = self.addr, rtt = self.rtt, error = self.error,
    addr_class = self.addr_class, replies = hop_replies(self),
  }, kept.hop))
end

local function hop_index(hop, key)
  if key == "addr" then return addr.text(hop._bytes, hop._family) end
  if key == "replies" then return hop_replies(hop) end
  if key == "addr_class" then
    local text = hop.addr
    return text and addr.class(text) or nil
  end
  if Hop[key] then return Hop[key] end
  return (strict.missing("a hop", key, fields.hop, Hop))
end

--- Makes the hop of an engine.
---@param engine ffi.cdata*
---@return mtr.BorrowedHop
function M.new(engine)
  return setmetatable({
    ttl = 0, rtt = 0, error = "", _engine = engine, _trace = 0, _replies = false,
    _family = 0, _bytes = lib.new "uint8_t[16]",
  }, { __index = hop_index })
end

--- Fills the hop from an event.
---@param hop mtr.BorrowedHop
---@param e mtr.Event
function M.fill(hop, e)
  local family = e.family
  hop.ttl, hop._trace, hop._replies, hop._family = e.ttl, e.trace, false, family
  if family ~= 0 then
    lib.copy(hop._bytes, e.addr, 16)
    hop.rtt = decode.ms(e.rtt)
  else
    hop.rtt = nil
  end
  hop.error = e.error ~= 0 and err.name(e.error) or nil
end

return M
