-- SPDX-License-Identifier: MIT
--
-- Encodes bytes as text, as scamper's control socket sends warts: lines of at most 45 bytes. A line
-- begins with a character for the number of its bytes; four characters stand for three bytes, each
-- for six bits. Zero is a backquote. A line with only a backquote ends the text.

local char, floor = string.char, math.floor

local M = {}

local CODE = {}
for n = 0, 63 do CODE[n] = n == 0 and "`" or char(32 + n) end

local function group(bytes)
  local a, b, c = bytes:byte(1, 3)
  b, c = b or 0, c or 0
  return CODE[floor(a / 4)] .. CODE[a % 4 * 16 + floor(b / 16)] .. CODE[b % 16 * 4 + floor(c / 64)]
    .. CODE[c % 64]
end

--- Encodes bytes.
---@param bytes string
---@return string
function M.encode(bytes)
  local out = {}
  for at = 1, #bytes, 45 do
    local line = bytes:sub(at, at + 44)
    out[#out + 1] = CODE[#line] .. line:gsub("..?.?", group) .. "\n"
  end
  out[#out + 1] = "`\n"
  return table.concat(out)
end

return M
