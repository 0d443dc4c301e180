-- SPDX-License-Identifier: MIT
--
-- Packets for specs, as binary strings, written from the RFCs and not from core/wire,
-- which it checks. `hex` reads a dump; the other functions build headers with correct lengths and
-- checksums, so a packet is damaged only where a spec damages it. Fields that are not given have
-- plain defaults, mostly zero.

local ffi = require "ffi"
local bit = require "bit"

local band, rshift = bit.band, bit.rshift
local char = string.char

local M = {}

---Bytes of a hex dump; white space is ignored.
---@param text string
---@return string
function M.hex(text)
  local digits = text:gsub("%s", "")
  assert(#digits % 2 == 0 and not digits:find("%X"), "packet: not a hex dump")
  return (digits:gsub("%x%x", function(pair) return char(tonumber(pair, 16)) end))
end

---The hex dump of bytes, without spaces.
function M.dump(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

function M.u8(v) return char(v) end
function M.u16(v) return char(rshift(v, 8), band(v, 0xff)) end
function M.u32(v)
  return char(band(rshift(v, 24), 0xff), band(rshift(v, 16), 0xff), band(rshift(v, 8), 0xff),
    band(v, 0xff))
end

---The folded ones' complement sum (RFC 1071) of n bytes, or of a string.
---@param p string|ffi.cdata*
---@param n? integer
---@param sum? number to add to
---@return integer 0..0xffff
function M.sum(p, n, sum)
  n = n or #p
  if type(p) == "string" then p = ffi.cast("const uint8_t *", p) end
  sum = sum or 0
  for i = 0, n - 2, 2 do sum = sum + p[i] * 256 + p[i + 1] end
  if n % 2 == 1 then sum = sum + p[n - 1] * 256 end
  while sum > 0xffff do sum = sum % 65536 + math.floor(sum / 65536) end
  return sum
end

local function checksum(sum) return M.u16(0xffff - sum) end

local function patch(bytes, at, with)
  return bytes:sub(1, at) .. with .. bytes:sub(at + #with + 1)
end
M.patch = patch

---An IPv4 packet. `size` and `ihl` may lie; `options` are bytes.
---@param o table src, dst (4 bytes), protocol, ttl, tos, id, offset, options, size, ihl, body
function M.ipv4(o)
  local options = o.options or ""
  local body = o.body or ""
  local header = char(0x40 + (o.ihl or 5 + #options / 4), o.tos or 0)
    .. M.u16(o.size or 20 + #options + #body) .. M.u16(o.id or 0) .. M.u16(o.offset or 0)
    .. char(o.ttl or 64, o.protocol) .. "\0\0" .. o.src .. o.dst .. options
  return patch(header, 10, checksum(M.sum(header))) .. body
end

---An IPv6 packet. `chain` is the bytes of extension headers, the first of type `next`.
---@param o table src, dst (16 bytes), protocol, ttl, tos, label, next, chain, size, body
function M.ipv6(o)
  local body = (o.chain or "") .. (o.body or "")
  return M.u32(6 * 2 ^ 28 + (o.tos or 0) * 2 ^ 20 + (o.label or 0)) .. M.u16(o.size or #body)
    .. char(o.next or o.protocol, o.ttl or 64) .. o.src .. o.dst .. body
end

---An ICMP message; with `pseudo`, ICMPv6 between its src and dst.
---@param o table type, code, word (the second of the header), body, pseudo
function M.icmp(o)
  local message = char(o.type, o.code or 0) .. "\0\0" .. M.u32(o.word or 0) .. (o.body or "")
  local sum = 0
  if o.pseudo then sum = M.sum(o.pseudo.src .. o.pseudo.dst .. M.u32(#message) .. M.u32(58)) end
  return patch(message, 2, checksum(M.sum(message, nil, sum)))
end

---A TCP header with options, checksum left zero.
---@param o table sport, dport, seq, ack, flags, options, offset (words)
function M.tcp(o)
  local options = o.options or ""
  return M.u16(o.sport) .. M.u16(o.dport) .. M.u32(o.seq or 0) .. M.u32(o.ack or 0)
    .. char((o.offset or 5 + math.ceil(#options / 4)) * 16, o.flags) .. M.u16(1024) .. "\0\0\0\0"
    .. options
end

---An extension object (RFC 4884 8). `size` may lie.
function M.object(class, type, data, size)
  return M.u16(size or 4 + #data) .. char(class, type) .. data
end

---An extension structure (RFC 4884 7) of objects; `sum` false: no checksum, a number: that one.
---@param objects string
---@param sum? false|integer
---@param version? integer first octet
function M.extension(objects, sum, version)
  local bytes = char(version or 0x20) .. "\0\0\0" .. objects
  if sum == false then return bytes end
  return patch(bytes, 2, sum and M.u16(sum) or checksum(M.sum(bytes)))
end

---A quote padded with zeros to n bytes.
function M.pad(bytes, n) return bytes .. ("\0"):rep(n - #bytes) end

---Whether every checksum of a whole packet without options or extension headers verifies. A UDP
---checksum of 0 does not.
---@param p ffi.cdata* uint8_t *
---@param n integer
---@return boolean
function M.verifies(p, n)
  local v4 = rshift(p[0], 4) == 4
  if v4 and M.sum(p, 20) ~= 0xffff then return false end
  local head = v4 and 20 or 40
  local protocol = v4 and p[9] or p[6]
  if protocol == 17 and p[head + 6] == 0 and p[head + 7] == 0 then return false end
  local sum = 0
  if protocol ~= 1 then
    sum = (v4 and M.sum(p + 12, 8) or M.sum(p + 8, 32)) + protocol + n - head
  end
  return M.sum(p + head, n - head, sum) == 0xffff
end

return M
