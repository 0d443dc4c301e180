-- SPDX-License-Identifier: MIT
--
-- A network of one path, for the engine without sockets: it is given probe records and
-- gives reply records, as wire/parse would make them, after a delay. No bytes, no clock.
--
--   local net = path.new{ dst = "203.0.113.9", "10.0.0.1", false, { "10.0.3.1", "10.0.3.2" } }
--
-- What is listed answers at TTL 1, 2 ...; the destination, `dest`, comes behind the last of them.
-- A place is an address (time exceeded comes from it), false (silence), a list of addresses (one
-- is chosen by the flow), a table { from =, kind =, any field of struct wire_reply } or a function
-- of the probe and the attempt at this place, 1.., that returns one of these. `dest` defaults to
-- what an ordinary host says: an echo reply, port unreachable, SYN/ACK.
--
-- `edit(reply, probe)` may change what comes back, or return false to lose it; `send(probe)` may
-- return an errno: the probe then never leaves.

local core = require "spec.support.harness.core"

local C, ffi = core.load{ "core/mtr.h", "core/wire/record.h" }

local M = {}

M.US = { [4] = "192.0.2.1", [6] = "2001:db8::1" }

---The 16 bytes of an address.
function M.bytes(text)
  local addr, zone = ffi.new("uint8_t[16]"), ffi.new("uint32_t[1]")
  assert(C.mtr_address(text, addr, zone) > 0, text)
  return ffi.string(addr, 16)
end

local QUOTES = { TIME_EXCEEDED = { [4] = { 11, 0 }, [6] = { 3, 0 } },
  UNREACH = { [4] = { 3, 3 }, [6] = { 1, 4 } }, TOO_BIG = { [4] = { 3, 4 }, [6] = { 2, 0 } },
  OTHER = { [4] = { 12, 0 }, [6] = { 4, 0 } } }
local DEST = { [1] = "ECHO_REPLY", [6] = "TCP_REPLY", [17] = "UNREACH" }
local ADDRESS = { from = true, to = true, quoted_src = true, quoted_dst = true }

-- Of a UDP probe whose checksum is the natural one, the quote tells nothing but that.
M.NATURAL = 0x4b1d

---A reply to a probe record, or to a table like one.
---@param p table|ffi.cdata* struct wire_probe
---@param o table kind, from (default: the destination), and any field of struct wire_reply
function M.reply(p, o)
  local r = ffi.new("struct wire_reply")
  local family, protocol = tonumber(p.family), tonumber(p.protocol)
  local kind = o.kind or "TIME_EXCEEDED"
  r.kind = C["WIRE_" .. kind]
  r.family, r.ttl, r.size, r.kernel_time = family, 60, 56, 1
  r.protocol, r.quoted_protocol = 1, protocol
  r.sport, r.dport, r.id, r.tcp_low = p.sport, protocol == 1 and 0 or p.dport, p.id, p.cookie
  if protocol ~= 6 then r.tcp_low = 0 end
  local src, dst = ffi.string(p.src, 16), ffi.string(p.dst, 16)
  local from = o.from and M.bytes(o.from) or dst
  ffi.copy(r.from, from, 16)
  ffi.copy(r.to, src, 16)
  ffi.copy(r.quoted_src, src, 16)
  ffi.copy(r.quoted_dst, from, 16)
  local codes = QUOTES[kind]
  if codes then
    r.icmp_type, r.icmp_code = unpack(codes[family])
    r.flags, r.quoted_ttl, r.quoted_size, r.quoted_tos = C.WIRE_QUOTE, 1, p.bytes or 60, p.tos
    r.ip_id = family == 4 and p.ip_id or 0
    r.flow_label = family == 6 and p.flow_label or 0
    if p.natural then r.id = M.NATURAL end
    if protocol == 1 then r.checksum = p.checksum end
    ffi.copy(r.quoted_dst, dst, 16)
  elseif kind == "TCP_REPLY" then
    r.protocol, r.tcp_flags = 6, 0x12
  elseif kind == "UDP_REPLY" then
    r.protocol, r.id = 17, 0
  elseif kind == "ECHO_REPLY" then
    r.icmp_type, r.checksum = family == 4 and 0 or 129, p.checksum
  end
  for name, value in pairs(o) do
    if ADDRESS[name] then
      ffi.copy(r[name], M.bytes(value), 16)
    elseif name ~= "kind" and name ~= "rtt" and name ~= "n" then
      r[name] = value
    end
  end
  return r
end

local Path = {}
Path.__index = Path

local function flow_of(p)
  return p.sport * 31 + p.dport * 17 + p.checksum * 7 + p.flow_label * 13 + p.protocol
end

-- The place that probe |p| gets to, as a table, or nil for silence.
function Path:place(p)
  local at = math.min(p.ttl, #self + 1)
  local what = self[at]
  if at > #self then what = self.dest end
  self.seen[at] = (self.seen[at] or 0) + 1
  if type(what) == "function" then what = what(p, self.seen[at]) end
  if type(what) == "string" then what = { from = what } end
  if not what then return nil end
  if type(what) == "table" and #what > 0 then what = { from = what[flow_of(p) % #what + 1] } end
  if at > #self and not what.kind then
    local copy = { kind = DEST[p.protocol] }
    for k, v in pairs(what) do copy[k] = v end
    what = copy
  end
  return what, at
end

---Takes a probe, a table of struct wire_probe's fields; emit(delay_ms, reply) for what comes back.
---@return integer? errno
function Path:probe(p, emit)
  local err = self.send and self.send(p)
  if err then return err end
  local what, at = self:place(p)
  if not what then return nil end
  local reply = M.reply(p, what)
  if self.edit and self.edit(reply, p) == false then return nil end
  for _ = 1, what.n or 1 do emit(what.rtt or self.rtt * at, reply) end
  return nil
end

---A path; see the top of the file.
---@param o table dst, dest, rtt (ms per hop, 10), edit, send, and the places
function M.new(o)
  o.rtt = o.rtt or 10
  if o.dest == nil then o.dest = {} end
  o.seen = {}
  return setmetatable(o, Path)
end

return M
