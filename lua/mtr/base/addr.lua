-- SPDX-License-Identifier: MIT
--
-- Addresses: 16 bytes in network order (IPv4 in the first four) to text and back, and the class of
-- special ones.
--
-- Text is remembered, because hops of many traces are the same routers: an address that came not
-- long ago costs a table lookup. IPv4 has a place by its bits, which the next address there takes.

local bit = require "bit"
local lib = require "mtr.lib"

local err = require "mtr.base.err"

local C, find = lib.C, string.find
local EINVAL = err.code.EINVAL
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

local scratch = lib.new "uint8_t[16]"
local zone = lib.new "uint32_t[1]"

--- Makes an address that is mapped from IPv4 (::ffff:192.0.2.1) the IPv4 address that it is; any
--- other stays.
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

--- Parses a literal address, perhaps with a zone. One that is mapped from IPv4 is IPv4.
---@param text string
---@param bytes? ffi.cdata* 16 bytes to fill
---@return integer family 4, 6, or a negative errno: -EINVAL no literal, -ENODEV no such zone
---@return integer zone interface index, 0 without
function M.parse(text, bytes)
  bytes, zone[0] = bytes or scratch, 0
  local family = M.unmap(bytes, C.mtr_address(text, bytes, zone))
  if family == 4 and find(text, "%", 1, true) then return -EINVAL, 0 end
  return family, zone[0]
end

-- Whether all that is between dots are numbers, such as 300, 0x7f or 010, and there are dots.
local function is_numbers(text)
  for label in text:gmatch "[^.]+" do
    if not find(label, "^%d+$") and not find(label, "^0[xX]%x*$") then return false end
  end
  return find(text, "%d%.") ~= nil or find(text, "%.%d") ~= nil
end

--- What is wrong with a text that is no literal address and can be no name either, because it is
--- made as only addresses are: of numbers and dots, or with a colon; nil: it may be a name.
---@param text string
---@return string? message
function M.broken(text)
  local address = text:gsub("%%.*", "")
  if not find(text, ":", 1, true) and not is_numbers(address) then return nil end
  return ("%s is not an IPv4 or IPv6 address"):format(err.show(text))
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
  local family = C.mtr_address(text, scratch, zone)
  local class = family > 0 and lib.string(C.mtr_address_class(scratch, family)) or ""
  return class ~= "" and class or nil
end

return M
