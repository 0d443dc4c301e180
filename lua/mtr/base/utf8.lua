-- SPDX-License-Identifier: MIT
--
-- Writes characters as UTF-8 (RFC 3629).

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

return M
