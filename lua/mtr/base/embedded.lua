-- SPDX-License-Identifier: MIT
--
-- Finds the IPv4 address inside an IPv6 address of a transition technique. A packet to such an IPv6
-- address reaches the IPv4 address, through a relay or a translator on the way.
--
--     6to4        2002:V4ADDR::/48                 RFC 3056
--     Teredo      2001:0:SERVER:...:CLIENT         RFC 4380: two; the client's is inverted
--     NAT64       64:ff9b::V4ADDR                  RFC 6052
--     NAT64       64:ff9b:1::/48 and lengths above RFC 8215, in each form of RFC 6052 2.2
--     ISATAP      ...:[02]00:5efe:V4ADDR           RFC 5214
--     translated  ::ffff:0:V4ADDR                  RFC 2765
--     compatible  ::V4ADDR                         RFC 4291 2.5.5.1; not :: and ::1
--
-- An address mapped from IPv4 (::ffff:V4ADDR) is treated as IPv4 everywhere and never comes here.
-- NAT64 with a prefix that an operator chose looks like any other address and is not found.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"

local bxor = bit.bxor
local found = lib.new "uint8_t[16]"

-- Calls `see` with the IPv4 address in bytes i..i+3. In NAT64 byte 8 does not belong to it: `skip`.
local function at(bytes, i, skip, flip, see, value)
  for k = 0, 3 do
    local from = i + k
    if skip and i < 9 and from >= 8 then from = from + 1 end
    found[k] = bxor(bytes[from], flip)
  end
  return see(value, found, 4)
end

-- Returns true if the address has these bytes, from byte `first` on.
local function begins(bytes, first, ...)
  for i = 1, select("#", ...) do
    if bytes[first + i - 1] ~= select(i, ...) then return false end
  end
  return true
end

local function zeros(bytes, first, last)
  for i = first, last do
    if bytes[i] ~= 0 then return false end
  end
  return true
end

local M = {}

--- Calls see(value, address, 4) for each IPv4 address inside an IPv6 address, and returns its first
--- result that is not nil.
---@param bytes ffi.cdata* 16 bytes
---@param see fun(value: any, bytes: ffi.cdata*, family: integer): any
---@param value any
---@return any
function M.find(bytes, see, value)
  if begins(bytes, 0, 0x20, 0x02) then return at(bytes, 2, false, 0, see, value) end
  if begins(bytes, 0, 0x20, 0x01, 0, 0) then
    local client = at(bytes, 12, false, 255, see, value)
    if client ~= nil then return client end
    return at(bytes, 4, false, 0, see, value)
  end
  if begins(bytes, 0, 0, 0x64, 0xff, 0x9b) then
    if zeros(bytes, 4, 11) then return at(bytes, 12, false, 0, see, value) end
    if not begins(bytes, 4, 0, 1) then return nil end
    for _, i in ipairs { 12, 6, 7, 9 } do
      local answer = at(bytes, i, true, 0, see, value)
      if answer ~= nil then return answer end
    end
    return nil
  end
  if begins(bytes, 8, 0, 0, 0x5e, 0xfe) or begins(bytes, 8, 2, 0, 0x5e, 0xfe) then
    return at(bytes, 12, false, 0, see, value)
  end
  local old = zeros(bytes, 0, 11) and not zeros(bytes, 12, 14)
  local translated = zeros(bytes, 0, 7) and begins(bytes, 8, 0xff, 0xff, 0, 0)
  if old or translated then return at(bytes, 12, false, 0, see, value) end
  return nil
end

return M
