-- SPDX-License-Identifier: MIT
--
-- Addresses as warts has them, a byte for the type and then the bytes of the address, from text and
-- back. Types: 1 IPv4, 2 IPv6, 3 Ethernet, 4 FireWire; the last two cannot be made from text.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"

local M = {}

local SIZE = { [4] = 4, [6] = 16 }
local TYPE = { [4] = "\1", [6] = "\2" }
local scratch = lib.new "uint8_t[16]"

--- Returns an address from its text, without a zone; nil if the text is no address.
---@param text? string
---@return string?
function M.of(text)
  if type(text) ~= "string" then return nil end
  local bare = text:match "^[^%%]*"
  local family = addr.parse(bare, scratch)
  if family <= 0 then return nil end
  return TYPE[family] .. lib.string(scratch, SIZE[family])
end

--- Returns the text of an address.
---@param address? string
---@return string?
function M.text(address)
  if not address then return nil end
  local bytes = address:sub(2)
  local family = address:byte() == 1 and 4 or address:byte() == 2 and 6
  if not family then
    local parts = {}
    for i = 1, #bytes do parts[i] = ("%02x"):format(bytes:byte(i)) end
    return table.concat(parts, ":")
  end
  lib.fill(scratch, 16)
  lib.copy(scratch, bytes, #bytes)
  return addr.text(scratch, family)
end

return M
