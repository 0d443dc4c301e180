-- SPDX-License-Identifier: MIT
--
-- Reads the lines of a text file from any editor. Lines end with LF, CR LF or CR. The text is
-- UTF-8, with or without a byte order mark, or UTF-16; a UTF-16 file is read whole. Lines are
-- returned as UTF-8, as soon as they can be read: the file may be a terminal or a pipe.
--
-- A file is UTF-16 if it begins with a byte order mark of UTF-16, or if one of its first two bytes
-- is zero: no UTF-8 list has a zero there.

local bit = require "bit"

local band, bor, rshift = bit.band, bit.bor, bit.rshift
local char = string.char

local M = {}

local function utf8(code)
  if code < 0x80 then return char(code) end
  local last = char(bor(0x80, band(code, 0x3f)))
  if code < 0x800 then return char(bor(0xc0, rshift(code, 6))) .. last end
  last = char(bor(0x80, band(rshift(code, 6), 0x3f))) .. last
  if code < 0x10000 then return char(bor(0xe0, rshift(code, 12))) .. last end
  return char(bor(0xf0, rshift(code, 18)), bor(0x80, band(rshift(code, 12), 0x3f))) .. last
end

-- Turns UTF-16 into UTF-8; half a surrogate pair, or half a character, becomes U+FFFD.
local function from_utf16(text, big)
  local out, high = {}, nil
  for i = 1, #text, 2 do
    local a, b = text:byte(i, i + 1)
    local unit = b and (big and a * 256 + b or b * 256 + a) or 0xfffd
    if high and unit >= 0xdc00 and unit <= 0xdfff then
      out[#out + 1] = utf8(0x10000 + (high - 0xd800) * 0x400 + unit - 0xdc00)
      unit, high = nil, nil
    elseif high then
      out[#out + 1], high = utf8(0xfffd), nil
    end
    if unit and unit >= 0xd800 and unit <= 0xdbff then
      high = unit
    elseif unit then
      out[#out + 1] = utf8(unit >= 0xdc00 and unit <= 0xdfff and 0xfffd or unit)
    end
  end
  if high then out[#out + 1] = utf8(0xfffd) end
  return table.concat(out)
end

-- Reads the first bytes. Returns those that belong to the text, and the whole text if it is UTF-16.
-- Never reads beyond the first line of a UTF-8 file.
local function open(file)
  local first = file:read(1)
  if not first or first == "\n" then return first or "" end
  local second = file:read(1)
  local head = first .. (second or "")
  if head == "\255\254" or head == "\254\255" then
    return "", from_utf16(file:read "*a", head == "\254\255")
  elseif second and head:find("%z") then
    return "", from_utf16(head .. file:read "*a", first == "\0")
  elseif head == "\239\187" then
    local third = file:read(1)
    return third == "\191" and "" or head .. (third or "")
  end
  return head
end

-- Splits text that ends at a LF into lines that may end with CR.
local function split(text, into)
  for line in (text:gsub("\r$", "") .. "\r"):gmatch "([^\r]*)\r" do into[#into + 1] = line end
end

local function none() end

--- Returns an iterator over the lines of an open file, without their ends. If the file cannot be
--- read, the iterator returns nil, a message and an errno.
---@param file file*
---@return fun(): string?, string?, integer?
function M.of(file)
  local head, whole, queue, at = nil, nil, {}, 1
  local function more()
    local rest, message, code
    if head == nil then
      head, whole = open(file)
      for line in whole and (whole .. "\n"):gmatch "([^\n]*)\n" or none do split(line, queue) end
    end
    if whole then return queue[at] ~= nil end
    if not head:find "\n$" then
      rest, message, code = file:read "*l"
    end
    if not rest and head == "" then return false, message, code end
    local line = (head .. (rest or "")):gsub("\n$", "")
    head, queue, at = "", {}, 1
    split(line, queue)
    return true
  end
  return function()
    -- A line without CR needs no queue.
    if head == "" and not whole and not queue[at] then
      local line, message, code = file:read "*l"
      if not line then return nil, message, code end
      if not line:find("\r", 1, true) then return line end
      queue, at = {}, 1
      split(line, queue)
    end
    while not queue[at] do
      local some, message, code = more()
      if not some then return nil, message, code end
    end
    at = at + 1
    return queue[at - 1]
  end
end

return M
