-- SPDX-License-Identifier: MIT
--
-- Addresses: 16 bytes in network order (IPv4 in the first four) to text and back, and the class of
-- special ones.
--
-- Text is remembered, because hops of many traces are the same routers: an address that came not
-- long ago costs a table lookup. IPv4 has a place by its bits, which the next address there takes.

local bit = require "bit"
local lib = require "mtr.lib"

local C = lib.C
local M = {}

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift

local PLACES = 8192
local keys4, texts4 = lib.new("int32_t[?]", PLACES), {}
for i = 0, PLACES - 1 do texts4[i] = false end

local LIMIT = 16384  -- IPv6 addresses remembered; past that the memory starts anew
local texts6, known = {}, 0

local buffer = lib.new "char[46]"

--- The text of an address that will not come again: not remembered.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6
---@return string
function M.format(b, family)
  return lib.string(buffer, C.mtr_address_text(b, family, buffer))
end

--- The text of an address, or nil of none.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6; anything else is no address
---@return string?
function M.text(b, family)
  if family == 4 then
    local key = bor(lshift(b[0], 24), lshift(b[1], 16), lshift(b[2], 8), b[3])
    local place = band(bxor(key, rshift(key, 13)), PLACES - 1)
    local text = texts4[place]
    if not text or keys4[place] ~= key then
      text = M.format(b, 4)
      keys4[place], texts4[place] = key, text
    end
    return text
  elseif family == 6 then
    -- ffi.string for each event: interning 16 bytes is the cheapest key a table can take.
    local key = lib.string(b, 16)
    local text = texts6[key]
    if not text then
      if known >= LIMIT then texts6, known = {}, 0 end
      text = M.format(b, 6)
      texts6[key], known = text, known + 1
    end
    return text
  end
  return nil
end

--- What is equal if and only if the addresses are, and costs less than their text.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6
---@return number|string
function M.key(b, family)
  if family == 4 then return bor(lshift(b[0], 24), lshift(b[1], 16), lshift(b[2], 8), b[3]) end
  return lib.string(b, 16)
end

local CONTINUITY, LINK_LOCAL = bit.tobit(0xc0000000), bit.tobit(0xa9fe0000)
local NONE = ("\0"):rep(16)
local NAT64 = "\0\100\255\155" .. ("\0"):rep(8)    -- 64:ff9b::/96, RFC 6052

local function many_use4(key)
  return key == 0 or band(key, 0xfffffff0) == CONTINUITY or band(key, 0xffff0000) == LINK_LOCAL
end

--- Whether several routers of one path may answer as an address: none at all, the prefix of RFC
--- 7335 with RFC 7600's dummy address (what routers without an address of IPv4 send from) and
--- anycast addresses behind it, and link-local addresses, which mean another router on each link.
---@param key number|string what M.key() gave
---@return boolean
function M.many_use(key)
  if type(key) == "number" then return many_use4(key) end
  local a, b = key:byte(1, 2)
  if a == 0xfe and band(b, 0xc0) == 0x80 or key == NONE then return true end
  if key:sub(1, 12) ~= NAT64 then return false end
  local c, d, e, f = key:byte(13, 16)
  return many_use4(bor(lshift(c, 24), lshift(d, 16), lshift(e, 8), f))
end

local scratch = lib.new "uint8_t[16]"
local zone = lib.new "uint32_t[1]"

--- Parses a literal address, perhaps with a zone.
---@param text string
---@param bytes? ffi.cdata* 16 bytes to fill
---@return integer family 4, 6, or a negative errno: -EINVAL no literal, -ENODEV no such zone
---@return integer zone interface index, 0 without
function M.parse(text, bytes)
  zone[0] = 0
  return C.mtr_address(text, bytes or scratch, zone), zone[0]
end

--- M.key() of a literal address; nil if it is none.
---@param text string
---@return number|string?
function M.key_of(text)
  local family = M.parse(text, scratch)
  return family > 0 and M.key(scratch, family) or nil
end

--- The family of a literal address: 4, 6, or nil if it is none.
---@param text string
---@return integer?
function M.family(text)
  local family = M.parse(text, scratch)
  return family > 0 and family or nil
end

--- Reads a literal address, blanks around it allowed: its text and family, or nil and why not.
---@param value any
---@return string? text
---@return integer|string family or message
---@return string? name
function M.parse_ip(value)
  local text = tostring(value):match "^%s*(.-)%s*$"
  local family = M.parse(text, scratch)
  if family > 0 then
    local rest = text:match "%%.*" or ""
    return M.text(scratch, family) .. rest, family
  end
  return nil, ("EINVAL: %q is not an IPv4 or IPv6 address"):format(text), "EINVAL"
end

--- The class of a special address: "private", "shared", "loopback", "link-local", "documentation",
--- "multicast"...; nil for an ordinary one and for what is no address.
---@param text string
---@return string?
function M.class(text)
  local family = M.parse(text, scratch)
  local class = family > 0 and lib.string(C.mtr_address_class(scratch, family)) or ""
  return class ~= "" and class or nil
end

return M
