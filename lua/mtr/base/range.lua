-- SPDX-License-Identifier: MIT
--
-- Iterates over the addresses of a prefix, from the first to the last, and makes one at a time.
--
--     for address in range("192.0.2.0/30") do ... end            -- .0 .1 .2 .3
--     for address in range("2001:db8::/32", 48) do ... end       -- the first of each /48
--
-- Every address is included, also the network and broadcast addresses. Bits behind the prefix count
-- as zero; a zone is refused. A prefix of more than 2^24 addresses needs a step, because without
-- one it is more often a mistake than a plan.

local bit = require "bit"
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local prefix = require "mtr.base.prefix"

local MOST = 24

---@class mtr.Range
---@field family integer
---@field left number of addresses that are still to come
---@operator call: string?
local Range = {}
Range.__index = Range

local M = {}

--- Makes a range; returns nil and a message if the text is not a prefix.
---@param text string "192.0.2.0/24"; a single address is a range of one
---@param step? integer prefix length: yields the first address of each part; default: every address
---@return mtr.Range?
---@return string? message
function M.new(text, step)
  local bytes = lib.new "uint8_t[16]"
  local family, length, zone = prefix.parse(text, bytes)
  if not family then return nil, length end
  if zone > 0 then return nil, ("%q has a zone: give it as an address"):format(text) end
  local bits = prefix.FULL[family]
  if step and not (type(step) == "number" and step >= length and step <= bits and step % 1 == 0)
  then
    return nil, ("the step of %s must be %d..%d, got %s"):format(
      text, length, bits, tostring(step))
  end
  if (step or bits) - length > (step and 48 or MOST) then
    return nil, ("%s has 2^%d addresses; give a step, such as mtr.targets.cidr(%q, %d)"):format(
      text, (step or bits) - length, text, math.min(length + 16, bits))
  end
  prefix.clear(bytes, length)
  step = step or bits
  return setmetatable({
    bytes = bytes, family = family, left = 2 ^ (step - length),
    at = math.max(math.ceil(step / 8) - 1, 0), unit = 2 ^ ((8 - step % 8) % 8),
  }, Range)
end

--- Writes the next address into `out`.
---@param out ffi.cdata* 16 bytes
---@return integer? family nil at the end
function Range:next(out)
  if self.left == 0 then return nil end
  self.left = self.left - 1
  local bytes, i, unit = self.bytes, self.at, self.unit
  lib.copy(out, bytes, 16)
  while i >= 0 do
    local sum = bytes[i] + unit
    bytes[i] = bit.band(sum, 255)
    if sum < 256 then break end
    i, unit = i - 1, 1
  end
  return addr.unmap(out, self.family)
end

local scratch = lib.new "uint8_t[16]"

function Range:__call()
  local family = self:next(scratch)
  return family and addr.format(scratch, family)
end

return M
