-- SPDX-License-Identifier: MIT
--
-- The addresses of a prefix, made one at a time: all of them, the first of each part, or some
-- random ones of each part. Any of them can be computed from its number.
--
--     for address in range("192.0.2.0/30") do ... end            -- .0 .1 .2 .3
--     for address in range("2001:db8::/32", 48) do ... end       -- the first of each /48
--     for address in range("10.0.0.0/8", 24, 2, 7) do ... end    -- two random ones of each /24
--
-- Every address is included, also the network and broadcast addresses. Bits behind the prefix count
-- as zero; a zone is refused. A prefix of more than 2^24 addresses needs a step, because without
-- one it is more often a mistake than a plan. Random addresses of one part differ; of a part with
-- more than 2^52 addresses they lie in different ones of 2^52 equal pieces.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local prefix = require "mtr.base.prefix"

local C = lib.C
local MOST, MOST_PARTS, WIDE = 24, 48, 52

---@class mtr.Range
---@field family integer
---@field size number of addresses in all
---@field left number of addresses that are still to come
---@operator call: string?
local Range = {}
Range.__index = Range

local M = {}

-- Returns the step that is meant: by family, it is at least the length of the prefix.
local function step_of(step, family, length)
  if type(step) ~= "table" then return step end
  return step[family] and math.max(step[family], length)
end

--- Makes a range; returns nil and a message if the text is not a prefix.
---@param text string "192.0.2.0/24"; a single address is a range of one
---@param step? integer|table<integer, integer> length of the parts; default: the parts are
---addresses, or the prefix if there is `random`. A table has a length for each family, and a
---prefix that is longer is one part.
---@param random? integer random addresses in each part; default: the first address of each part
---@param seed? integer
---@return mtr.Range?
---@return string? message
function M.new(text, step, random, seed)
  local bytes = lib.new "uint8_t[16]"
  local family, length, zone = prefix.parse(text, bytes)
  if not family then return nil, length end
  if zone > 0 then return nil, ("%q has a zone: give it as an address"):format(text) end
  local bits = prefix.FULL[family]
  step = step_of(step, family, length)
  if step and not (type(step) == "number" and step >= length and step <= bits and step % 1 == 0)
  then
    return nil, ("the step of %s must be %d..%d, got %s"):format(
      text, length, bits, tostring(step))
  end
  local part = step or random and length or bits
  if part - length > (step and MOST_PARTS or MOST) then
    return nil, ("%s has 2^%d addresses; give a step, such as mtr.targets.cidr(%q, %d)"):format(
      text, part - length, text, math.min(length + 16, bits))
  end
  prefix.clear(bytes, length)
  local each = random and math.min(random, 2 ^ math.min(bits - part, WIDE)) or 1
  local size = math.floor(2 ^ (part - length) * each)
  local base = lib.new "uint8_t[16]"
  lib.copy(base, bytes, 16)
  return setmetatable({
    bytes = bytes, base = base, family = family, bits = bits, part = part, size = size, left = size,
    random = random and each or false, seed = seed or 0,
    at = math.max(math.ceil(part / 8) - 1, 0), unit = 2 ^ ((8 - part % 8) % 8),
  }, Range)
end

-- Writes random bits behind a part: different ones for each `draw` of it.
local function put_random(self, out, part, draw)
  local last, seed = self.part, C.mtr_shuffle(part, 2 ^ WIDE, self.seed)
  repeat
    local width = math.min(WIDE, self.bits - last)
    last, seed = last + width, seed + 1
    C.mtr_address_put(out, last, C.mtr_shuffle(draw % 2 ^ width, 2 ^ width, seed))
  until last == self.bits
end

--- Writes an address into `out`.
---@param i number of the address, from 0 to size - 1
---@param out ffi.cdata* 16 bytes
---@return integer family
function Range:get(i, out)
  lib.copy(out, self.base, 16)
  local each = self.random
  if each then
    local draw = i % each
    i = (i - draw) / each
    if self.part < self.bits then put_random(self, out, i, draw) end
  end
  C.mtr_address_put(out, self.part, i)
  return addr.unmap(out, self.family)
end

--- Writes the next address into `out`.
---@param out ffi.cdata* 16 bytes
---@return integer? family nil at the end
function Range:next(out)
  if self.left == 0 then return nil end
  self.left = self.left - 1
  if self.random then return self:get(self.size - self.left - 1, out) end
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

--- Leaves out the next addresses.
---@param n number at most `left`
function Range:skip(n)
  self.left = self.left - n
  if self.left == 0 then return end
  lib.copy(self.bytes, self.base, 16)
  if not self.random then C.mtr_address_put(self.bytes, self.part, self.size - self.left) end
end

local scratch = lib.new "uint8_t[16]"

function Range:__call()
  local family = self:next(scratch)
  return family and addr.format(scratch, family)
end

return M
