-- SPDX-License-Identifier: MIT
--
-- Turns addresses (16 bytes in network order, IPv4 in the first four) into text and back, and names
-- the class of special addresses.
--
-- Keeps a cache of texts, because many traces pass the same routers: the text of a recent address
-- costs a table lookup. The cache of IPv4 has one place for some bits of the address; the next
-- address with these bits replaces the one before.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"

local err = require "mtr.base.err"

local C, find = lib.C, string.find
local EINVAL = err.code.EINVAL
local M = {}

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift

local PLACES = 8192
local keys4, texts4 = lib.new("int32_t[?]", PLACES), {}
for i = 0, PLACES - 1 do texts4[i] = false end

local LIMIT = 16384  -- IPv6 addresses in the cache; when it is full it is emptied
local texts6, known = {}, 0

local buffer = lib.new "char[46]"

--- Returns the text of an address, without the cache: for an address that will not come again.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6
---@return string
function M.format(b, family)
  -- No tail call: LuaJIT would not compile this function by itself.
  return (lib.string(buffer, C.mtr_address_text(b, family, buffer)))
end

--- Returns the text of an address, or nil if the family says that there is none.
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

--- Returns a key for an address: two keys are equal if and only if the addresses are. A key costs
--- less than the text.
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

--- Returns true if several routers of one path may answer from an address: the unspecified address;
--- the prefix of RFC 7335 with the dummy address of RFC 7600 (the source of routers without an IPv4
--- address) and anycast addresses; and link-local addresses, which differ on each link.
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

--- Why 0.0.0.0 and :: cannot be traced.
M.NOBODY = "EINVAL: the unspecified address is no destination"

--- Returns true for 0.0.0.0 and ::, which are no targets.
---@param b ffi.cdata* 16 bytes
---@param family integer 4 or 6
---@return boolean
function M.unspecified(b, family)
  if b[0] ~= 0 then return false end
  local key = M.key(b, family)
  return key == 0 or key == NONE
end

local scratch = lib.new "uint8_t[16]"
local zone = lib.new "uint32_t[1]"

--- Turns an address that is mapped from IPv4 (::ffff:192.0.2.1) into the IPv4 address in it. Leaves
--- any other address as it is.
---@param bytes ffi.cdata* 16 bytes
---@param family integer
---@return integer family
function M.unmap(bytes, family)
  if family ~= 6 or bytes[10] ~= 255 or bytes[11] ~= 255 then return family end
  for i = 0, 9 do
    if bytes[i] ~= 0 then return 6 end
  end
  lib.copy(bytes, bytes + 12, 4)
  lib.fill(bytes + 4, 12)
  return 4
end

--- Parses a literal address, with or without a zone. An address mapped from IPv4 becomes IPv4.
---@param text string
---@param bytes? ffi.cdata* 16 bytes to fill
---@return integer family 4, 6, or a negative errno: -EINVAL not an address, -ENODEV no such zone
---@return integer zone interface index, 0 without
function M.parse(text, bytes)
  bytes, zone[0] = bytes or scratch, 0
  local family = M.unmap(bytes, C.mtr_address(text, bytes, zone))
  if family == 4 and find(text, "%", 1, true) then return -EINVAL, 0 end
  return family, zone[0]
end

-- Returns true if a text is a number, such as 300, 0x7f or 010, or numbers with dots between them.
-- The resolver of the system takes such texts for IPv4 addresses, which few would recognize.
local function is_numbers(text)
  for label in text:gmatch "[^.]+" do
    if not find(label, "^%d+$") and not find(label, "^0[xX]%x*$") then return false end
  end
  return find(text, "%w") ~= nil
end

--- Returns a message if a text looks like an address (only numbers and dots, or a colon) but is not
--- one, so that it cannot be a name either. Returns nil if it may be a name.
---@param text string
---@return string? message
function M.broken(text)
  if find(text, "/", 1, true) then
    return ("%s is not an address or a name; only a campaign takes a prefix"):format(err.show(text))
  end
  local address = text:gsub("%%.*", "")
  if not find(text, ":", 1, true) and not is_numbers(address) then return nil end
  return ("%s is not an IPv4 or IPv6 address"):format(err.show(text))
end

--- Returns M.key() of a literal address; nil if the text is not an address.
---@param text string
---@return number|string?
function M.key_of(text)
  local family = M.parse(text, scratch)
  return family > 0 and M.key(scratch, family) or nil
end

--- Returns true if an answer from an address says nothing about where the path of a trace goes:
--- many routers use it, or it is that of the target or of this host, from which tunnels, gateways
--- and translators also answer for hops before and behind them.
---@param text string the address
---@param key number|string M.key() of it
---@param dst string of the target; if it has a zone, many use it
---@param src string of this host
---@return boolean
function M.names_nobody(text, key, dst, src)
  return text == dst or text == src or M.many_use(key)
end

--- Returns the family of a literal address: 4 or 6; nil if the text is not an address.
---@param text string
---@return integer?
function M.family(text)
  local family = M.parse(text, scratch)
  return family > 0 and family or nil
end

--- Reads a literal address, with or without blanks around it. Returns its text and family, or nil,
--- a message and a name.
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

--- Returns the class of a special address: "private", "shared", "loopback", "link-local",
--- "documentation", "multicast"...; nil for an ordinary address and for other text.
---@param text string
---@return string?
function M.class(text)
  local family = C.mtr_address(text, scratch, zone)
  local class = family > 0 and lib.string(C.mtr_address_class(scratch, family)) or ""
  return class ~= "" and class or nil
end

return M
