-- SPDX-License-Identifier: MIT
--
-- Reads the lines of a text file from any editor. Lines end with LF, CR LF or CR. The text is
-- UTF-8, with or without a byte order mark, or UTF-16; a UTF-16 file is read whole. Lines are
-- UTF-8, and come as soon as they can be read: the file may be a terminal or a pipe. A line longer
-- than M.MOST bytes comes in pieces.
--
-- A file is UTF-16 if it begins with a byte order mark of UTF-16, or if one of its first two bytes
-- is zero: no UTF-8 list has a zero there.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local utf8 = require "mtr.base.utf8"

local C = lib.C
local band, rshift = bit.band, bit.rshift

local M = { MOST = 65534 }

-- Turns UTF-16 into UTF-8; half a surrogate pair, or half a character, becomes U+FFFD.
local function from_utf16(text, big)
  local out, high = {}, nil
  for i = 1, #text, 2 do
    local a, b = text:byte(i, i + 1)
    local unit = b and (big and a * 256 + b or b * 256 + a) or 0xfffd
    if high and unit >= 0xdc00 and unit <= 0xdfff then
      out[#out + 1] = utf8.char(0x10000 + (high - 0xd800) * 0x400 + unit - 0xdc00)
      unit, high = nil, nil
    elseif high then
      out[#out + 1], high = utf8.char(0xfffd), nil
    end
    if unit and unit >= 0xd800 and unit <= 0xdbff then
      high = unit
    elseif unit then
      out[#out + 1] = utf8.char(unit >= 0xdc00 and unit <= 0xdfff and 0xfffd or unit)
    end
  end
  if high then out[#out + 1] = utf8.char(0xfffd) end
  return table.concat(out)
end

---@class mtr.Lines
---@field bytes ffi.cdata* the line that was read last, with a zero byte behind it
---@field offset integer bytes of the file before that line
---@field whole? string[] all lines of a UTF-16 file
local Lines = {}
Lines.__index = Lines

--- Makes a reader of the lines of an open file.
---@param file file*
---@return mtr.Lines
function M.new(file)
  return setmetatable({
    file = file, bytes = lib.new("char[?]", M.MOST + 2), length = lib.new "uint32_t[1]",
    offset = 0, following = 0, first = true, whole = false, at = 1,
  }, Lines)
end

-- Splits a text into its lines.
local function split(text)
  local list = {}
  text = text:gsub("\r\n?", "\n")
  for line in (text:find "\n$" and text or text .. "\n"):gmatch "([^\n]*)\n" do
    list[#list + 1] = line
  end
  return list
end

-- Looks at the first bytes of the file, which begin its first line. Returns the length and the bits
-- of this line without a byte order mark; or nil if the file is UTF-16, which it then reads whole.
local function begin(self, n, flags)
  self.first = false
  local head = lib.string(self.bytes, math.min(n, 3))
  if head == "\239\187\191" then
    lib.copy(self.bytes, lib.string(self.bytes + 3, n - 3))
    return n - 3, flags
  end
  local two = head:sub(1, 2)
  local marked = two == "\255\254" or two == "\254\255"
  if not marked and not two:find "%z" then return n, flags end
  local line_end = (band(flags, C.MTR_LINE_CR) > 0 and "\r" or "")
    .. (band(flags, C.MTR_LINE_LF) > 0 and "\n" or "")
  local text = lib.string(self.bytes, n) .. line_end .. (self.file:read "*a" or "")
  local big = two == "\254\255" or not marked and two:byte(1) == 0
  self.whole = split(from_utf16(marked and text:sub(3) or text, big))
end

local function from_whole(self)
  local line = self.whole[self.at]
  if not line then return nil end
  self.at = self.at + 1
  if #line > M.MOST then line = line:sub(1, M.MOST) end
  lib.copy(self.bytes, line)
  return #line, C.MTR_LINE + C.MTR_LINE_LF + (line:find "%z" and C.MTR_LINE_NUL or 0)
end

--- Reads the next line into `bytes`. Returns its length and its bits (C.MTR_LINE...); nil at the
--- end; nil and an errno if the file cannot be read.
---@return integer?
---@return integer? bits or errno
function Lines:read()
  if self.whole then return from_whole(self) end
  local flags = C.mtr_read_line(self.file, self.bytes, M.MOST + 2, self.length)
  if flags < 0 then return nil, -flags end
  if flags == 0 then return nil end
  local n = self.length[0]
  self.offset = self.following
  self.following = self.offset + n + rshift(band(flags, C.MTR_LINE_CR), 2)
    + rshift(band(flags, C.MTR_LINE_LF), 1)
  if not self.first then return n, flags end
  n, flags = begin(self, n, flags)
  if n then return n, flags end
  return from_whole(self)
end

--- Returns which part of the file was read, 0..1; nil for a pipe or a terminal.
---@return number?
function Lines:share()
  if self.whole then return (self.at - 1) / math.max(#self.whole, 1) end
  if self.size == nil then
    local at = self.file:seek()
    self.size = at and self.file:seek "end" or false
    if at then self.file:seek("set", at) end
  end
  return self.size and self.size > 0 and math.min(1, self.following / self.size) or nil
end

--- Goes on with the line that begins behind so many bytes of the file, which can be positioned; of
--- a UTF-16 file, with the line of this number.
---@param offset integer
---@return true?
---@return string? message, integer? code
function Lines:go(offset)
  if self.whole then
    self.at = offset
    return true
  end
  local at, message, code = self.file:seek("set", offset)
  if not at then return nil, message, code end
  self.following, self.first = offset, offset == 0
  return true
end

--- Returns an iterator over the lines of an open file, without their ends. If the file cannot be
--- read, the iterator returns nil, a message and an errno.
---@param file file*
---@return fun(): string?, string?, integer?
function M.of(file)
  local lines = M.new(file)
  return function()
    local n, code = lines:read()
    if n then return lib.string(lines.bytes, n) end
    if code then return nil, "cannot read the file", code end
  end
end

--- Returns words with "-" replaced by the words on standard input: one in each line; "#" begins a
--- comment.
---@param given string[]
---@return string[]
function M.words(given)
  local words = {}
  for _, word in ipairs(given) do
    if word ~= "-" then words[#words + 1] = word end
    for line in word == "-" and M.of(io.stdin) or function() end do
      words[#words + 1] = line:gsub("#.*", ""):match "%S+"
    end
  end
  return words
end

return M
