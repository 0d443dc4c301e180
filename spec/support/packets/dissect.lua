-- SPDX-License-Identifier: MIT
--
-- Reads a probe as it was on the wire into a table; written from the RFCs and not from
-- core/wire, which it checks. It knows what probes consist of: IPv4 and IPv6 without options or
-- extension headers, ICMP echo, UDP, TCP. For anything else it returns nil.

local ffi = require "ffi"
local packet = require "spec.support.packets.packet"

local M = {}

---@class dissect.Probe
---@field bytes string       the whole packet
---@field v 4|6
---@field tos integer
---@field size integer       as the IP header says
---@field ip_id integer?     IPv4
---@field fragment integer?  IPv4: flags and offset
---@field flow_label integer? IPv6
---@field ttl integer
---@field protocol "icmp"|"udp"|"tcp"
---@field src string         4 or 16 bytes
---@field dst string
---@field head integer       bytes of the IP header
---@field checksum integer   of the transport
---@field sport integer?     UDP, TCP
---@field dport integer?
---@field echo_id integer?   ICMP
---@field seq integer?       ICMP: 16 bits; TCP: 32
---@field ack integer?       TCP
---@field flags integer?     TCP
---@field payload string     behind the transport header

local PROTOCOLS = { [4] = { [1] = "icmp", [6] = "tcp", [17] = "udp" },
  [6] = { [58] = "icmp", [6] = "tcp", [17] = "udp" } }
local ECHO = { [4] = 8, [6] = 128 }

local function u16(bytes, at) return bytes:byte(at) * 256 + bytes:byte(at + 1) end
local function u32(bytes, at) return u16(bytes, at) * 65536 + u16(bytes, at + 2) end

local function ip(bytes)
  local v = math.floor((bytes:byte(1) or 0) / 16)
  if v == 4 and #bytes >= 20 and bytes:byte(1) == 0x45 then
    return { bytes = bytes, v = 4, head = 20, tos = bytes:byte(2), size = u16(bytes, 3),
      ip_id = u16(bytes, 5), fragment = u16(bytes, 7), ttl = bytes:byte(9),
      number = bytes:byte(10), src = bytes:sub(13, 16), dst = bytes:sub(17, 20) }
  elseif v == 6 and #bytes >= 40 then
    local word = u32(bytes, 1)
    return { bytes = bytes, v = 6, head = 40, tos = math.floor(word / 2 ^ 20) % 256,
      flow_label = word % 2 ^ 20, size = 40 + u16(bytes, 5), ttl = bytes:byte(8),
      number = bytes:byte(7), src = bytes:sub(9, 24), dst = bytes:sub(25, 40) }
  end
end

local READ = {}

function READ.icmp(p, t)
  if #t < 8 or t:byte(1) ~= ECHO[p.v] then return false end
  p.checksum, p.echo_id, p.seq, p.payload = u16(t, 3), u16(t, 5), u16(t, 7), t:sub(9)
end

function READ.udp(p, t)
  if #t < 8 then return false end
  p.sport, p.dport, p.length, p.checksum = u16(t, 1), u16(t, 3), u16(t, 5), u16(t, 7)
  p.payload = t:sub(9)
end

function READ.tcp(p, t)
  if #t < 20 then return false end
  p.sport, p.dport, p.seq, p.ack = u16(t, 1), u16(t, 3), u32(t, 5), u32(t, 9)
  p.flags, p.checksum = t:byte(14), u16(t, 17)
  local header = math.floor(t:byte(13) / 16) * 4
  p.options, p.payload = t:sub(21, header), t:sub(header + 1)
end

---Reads a packet. nil: not a probe.
---@param bytes string
---@return dissect.Probe?
function M.probe(bytes)
  local p = ip(bytes)
  p = p and PROTOCOLS[p.v][p.number] and p
  if not p then return nil end
  p.protocol = PROTOCOLS[p.v][p.number]
  if READ[p.protocol](p, bytes:sub(p.head + 1)) == false then return nil end
  return p
end

---Whether every checksum and length of a probe is right.
---@param p dissect.Probe
function M.verifies(p)
  local length = p.length == nil or p.length == p.size - p.head
  return p.size == #p.bytes and length
    and packet.verifies(ffi.cast("const uint8_t *", p.bytes), #p.bytes)
end

return M
