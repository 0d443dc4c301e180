-- SPDX-License-Identifier: MIT
--
-- Bytes as text, as scamper's control socket sends records: what the library writes (see
-- core/api/uuencode.c) behind a line "DATA n", where n is the length of the text.
--
-- The text is in memory that the next call uses again.

local lib = require "mtr.lib"

local C = lib.C
local LINE = 45                        -- bytes of a line
local HEAD = 32                        -- room for the line in front

local M = {}

local out, room = lib.new "char[65536]", 65536

-- Makes room for the text of `size` bytes; returns its length.
local function reserve(size)
  local length = math.floor((size + 2) / 3) * 4 + math.ceil(size / LINE) * 2 + 2
  if length + HEAD > room then
    room = length + HEAD
    out = lib.new("char[?]", room)
  end
  return length
end

--- Encodes bytes, as a string or in memory.
---@param bytes string|ffi.cdata* uint8_t[size]
---@param size integer
---@return ffi.cdata* text borrowed until the next call
---@return integer length
function M.framed(bytes, size)
  local length = reserve(size)
  local head = ("DATA %d\n"):format(length)
  lib.copy(out, head, #head)
  C.mtr_uuencode(bytes, size, out + #head, room - #head)
  return out, #head + length
end

return M
