-- SPDX-License-Identifier: MIT
--
-- Writes characters as UTF-8 (RFC 3629), and mends text that is not UTF-8.

local bit = require "mtr.compat".bit

local band, bor, rshift = bit.band, bit.bor, bit.rshift
local char = string.char

local M = {}

--- Returns the bytes of a character.
---@param code integer up to 0x10ffff
---@return string
function M.char(code)
  if code < 0x80 then return char(code) end
  local last = char(bor(0x80, band(code, 0x3f)))
  if code < 0x800 then return char(bor(0xc0, rshift(code, 6))) .. last end
  last = char(bor(0x80, band(rshift(code, 6), 0x3f))) .. last
  if code < 0x10000 then return char(bor(0xe0, rshift(code, 12))) .. last end
  return char(bor(0xf0, rshift(code, 18)), bor(0x80, band(rshift(code, 12), 0x3f))) .. last
end

-- Returns the length of the sequence at i; 0 if it is malformed (RFC 3629 section 4).
local function sequence(s, i)
  local a, b = s:byte(i, i + 1)
  if a < 0x80 then return 1 end
  local length = a >= 0xc2 and a <= 0xdf and 2 or a >= 0xe0 and a <= 0xef and 3
    or a >= 0xf0 and a <= 0xf4 and 4 or 0
  if length == 0 or not s:find(("^" .. ("[\128-\191]"):rep(length - 1)), i + 1) then return 0 end
  local bad = a == 0xe0 and b < 0xa0 or a == 0xed and b > 0x9f or a == 0xf0 and b < 0x90
    or a == 0xf4 and b > 0x8f
  return bad and 0 or length
end

--- Returns a text in which `mark` replaces each byte that is not part of UTF-8.
---@param s string
---@param mark string
---@return string
function M.clean(s, mark)
  local out, i = {}, 1
  while i <= #s do
    local length = sequence(s, i)
    out[#out + 1] = length > 0 and s:sub(i, i + length - 1) or mark
    i = i + math.max(length, 1)
  end
  return table.concat(out)
end

return M
