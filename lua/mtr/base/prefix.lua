-- SPDX-License-Identifier: MIT
--
-- Reads one address prefix, such as "192.0.2.0/24" or "2001:db8::/32", into bytes and a length. A
-- single address is a prefix of full length. ::ffff:192.0.2.0/120 is 192.0.2.0/24. Only a single
-- address may have a zone ("fe80::1%eth0"). Bits behind the length may be set; clear() clears them.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"

local M = {}

--- The prefix length of a single address, by family.
M.FULL = { [4] = 32, [6] = 128 }

--- Parses a prefix.
---@param text string
---@param bytes ffi.cdata* 16 bytes to fill with the address as it is written
---@return integer? family 4 or 6; nil: not a prefix
---@return integer|string length or message
---@return integer? zone interface index, 0 without
function M.parse(text, bytes)
  local address, length = text:match "^([^/%%]+)/(%d+)$"
  local family, zone = addr.parse(address or text, bytes)
  local full = M.FULL[family]
  length = tonumber(length) or not address and full
  if full == 32 and address and address:find(":", 1, true) then length = length - 96 end
  if not full or not length or length < 0 or length > full then
    return nil, ("%q is not a prefix such as 192.0.2.0/24 or 2001:db8::/120"):format(text)
  end
  return family, length, zone
end

--- Clears all bits behind the first `length`.
---@param bytes ffi.cdata* 16 bytes
---@param length integer
function M.clear(bytes, length)
  local whole, rest = math.floor(length / 8), length % 8
  if rest > 0 then
    local unit = 2 ^ (8 - rest)
    bytes[whole] = bytes[whole] - bytes[whole] % unit
    whole = whole + 1
  end
  lib.fill(bytes + whole, 16 - whole)
end

return M
