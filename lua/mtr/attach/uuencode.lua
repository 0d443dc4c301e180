-- SPDX-License-Identifier: MIT
--
-- Encodes bytes as text, as scamper's control socket sends warts: lines of at most 45 bytes. A line
-- begins with a character for the number of its bytes; four characters stand for three bytes, each
-- for six bits. Zero is a backquote. A line with only a backquote ends the text.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"

local band, rshift, lshift, bor = bit.band, bit.rshift, bit.lshift, bit.bor
local LINE, NEWLINE, BACKQUOTE = 45, 10, 96

local M = {}

-- The character of each number of six bits.
local CODE = lib.new "uint8_t[64]"
for n = 0, 63 do CODE[n] = n == 0 and BACKQUOTE or 32 + n end

local out, room = lib.new "uint8_t[65536]", 65536

-- Writes `n` bytes as a line; returns where the next one begins.
local function line(bytes, from, n, to)
  out[to] = CODE[n]
  to = to + 1
  for at = from, from + n - 1, 3 do
    local a, left = bytes[at], from + n - at
    local b, c = left > 1 and bytes[at + 1] or 0, left > 2 and bytes[at + 2] or 0
    out[to] = CODE[rshift(a, 2)]
    out[to + 1] = CODE[bor(lshift(band(a, 3), 4), rshift(b, 4))]
    out[to + 2] = CODE[bor(lshift(band(b, 15), 2), rshift(c, 6))]
    out[to + 3] = CODE[band(c, 63)]
    to = to + 4
  end
  out[to] = NEWLINE
  return to + 1
end

--- Encodes bytes of memory.
---@param bytes ffi.cdata* uint8_t[size]
---@param size integer
---@return string
function M.memory(bytes, size)
  local lines = math.ceil(size / LINE)
  local most = lines * (LINE / 3 * 4 + 2) + 2
  if most > room then out, room = lib.new("uint8_t[?]", most), most end
  local to = 0
  for at = 0, size - 1, LINE do to = line(bytes, at, math.min(LINE, size - at), to) end
  out[to], out[to + 1] = BACKQUOTE, NEWLINE
  return lib.string(out, to + 2)
end

--- Encodes the bytes of a string.
---@param text string
---@return string
function M.encode(text)
  local bytes = lib.new("uint8_t[?]", #text + 1)
  lib.copy(bytes, text, #text)
  return M.memory(bytes, #text)
end

return M
