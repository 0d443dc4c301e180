-- SPDX-License-Identifier: MIT
--
-- The targets of a text file: one on each line; "#" begins a comment. A line with anything else (a
-- second word, a zero byte, a broken address) is an error with its number, and reading goes on.
-- With a column, the line may have other words, and the target is the one in this column.
--
-- The last line needs no end. If a file ends in the middle of a line that is wrong, the message
-- says so, because the file may have been cut off. A file without any target is an error.

local bit = require "mtr.compat".bit
local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local entry = require "mtr.targets.entry"

local C = lib.C
local ENDED = C.MTR_LINE_LF + C.MTR_LINE_CR
local zone = lib.new "uint32_t[1]"

---@class mtr.FileItems
---@field text? string of the last target, or of its line
---@field note mtr.TargetNote|false of the last target, with a column of priorities
---@field number integer of the last line
---@field lines mtr.Lines
local Items = {}
Items.__index = Items

local M = {}

--- Makes the items of an open file.
---@param file file*
---@param name string for messages
---@param opts { owned: boolean, expansion?: mtr.Expansion, column?: integer, separator?: string }
---@return mtr.FileItems
function M.new(file, name, opts)
  return setmetatable({
    file = file, name = name, owned = opts.owned, again = false, expansion = opts.expansion,
    column = opts.column or false, separator = opts.separator or false,
    lines = lines.new(file), number = 0, found = false, text = false,
    priority = false, note = false,
  }, Items)
end

-- Returns the text in a column; nil and a message if there are not so many columns.
local function pick(line, n, separator)
  local count, at = 0, 1
  while true do
    local first, last
    if separator then
      first, last = line:find(separator, at, true)
    else
      at = line:find("%S", at)
      if not at then break end
      first, last = line:find("%s+", at)
    end
    count = count + 1
    if count == n then
      local word = line:sub(at, (first or 0) - 1):match "^%s*(.-)%s*$"
      return word:match '^"(.*)"$' or word
    end
    if not first then break end
    at = last + 1
  end
  return nil, ("there is no column %d"):format(n)
end

-- Returns the note of a target whose line has its priority in a column; nil and a message.
local function note_of(self, line, word)
  local text, message = pick(line, self.priority, self.separator)
  if not text then return nil, message end
  local value = tonumber(text)
  if not value or value ~= value then
    return nil, ("the priority must be a number, got %s"):format(err.show(text))
  end
  return { target = word, priority = value }
end

-- Returns the target in a line; nil: there is none; nil and a message. Sets its note.
local function word_of(self, line)
  if line:find("%z") then return nil, "the line contains a zero byte: is this a list?" end
  if #line >= lines.MOST then return nil, "the line is too long: is this a list?" end
  line = line:gsub("#.*", "")
  local word, rest = line:match "^%s*(%S*)%s*(.*)"
  if word == "" then return nil end
  if self.column then
    local found, message = pick(line, self.column, self.separator)
    if not found or not self.priority then return found, message end
    self.note, message = note_of(self, line, found)
    if message then return nil, message end
    return found
  end
  if rest ~= "" then
    return nil, ("a second word, %s: a line has one target"):format(err.show(rest:match "%S+"))
  end
  return word
end

local function bad(self, message, bits)
  local name, text = message:match "^(%u+): (.*)"
  if bit.band(bits, ENDED) == 0 then
    text = (text or message) .. "; the file ends within this line: is it whole?"
  end
  return -1, ("%s: %s, line %d: %s"):format(name or "EINVAL", self.name, self.number,
    text or message)
end

-- Reads the line that is in memory. Returns nil if there is no target in it.
local function read(self, n, bits, out)
  local line = lib.string(self.lines.bytes, n)
  local word, message = word_of(self, line)
  self.text = word or line
  if message then return bad(self, message, bits) end
  if not word then return nil end
  local kind, what = entry.read(word, out, self.expansion)
  if kind == -1 then return bad(self, what, bits) end
  return kind, what
end

-- The file of an index is read again.
local function finish(self)
  if self.owned and not self.again then self.file:close() end
  if not self.again then self.file = nil end
end

--- Returns true if the file can be read again from any place; from now on it stays open.
---@return boolean
function Items:can_go()
  self.again = self.file ~= nil and self.file:seek "cur" ~= nil
  return self.again
end

--- Returns the place of the last item.
---@return integer place
---@return integer number of its line
function Items:here()
  local whole = self.lines.whole
  return whole and self.lines.at - 1 or self.lines.offset, self.number
end

--- Goes back to an item, which take() then returns.
---@param place integer
---@param number integer
function Items:go(place, number)
  self.lines:go(place)
  self.number = number - 1
end

-- Ends reading: code is an errno or nil.
local function stop(self, code)
  finish(self)
  if code then return err.env(code, "reading " .. self.name) end
  if self.found then return nil end
  return err.named("ENODATA", ("there are no targets in %s"):format(self.name))
end

--- Returns the next item: see mtr.targets.reader.
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return any
---@return string?
function Items:take(out)
  if not self.file then return nil end
  local n, bits = self.lines:read()
  if not n then return stop(self, bits) end
  self.number = self.number + 1
  -- A line that is nothing but an address needs no text.
  local plain = bits < C.MTR_LINE_NUL and not self.column
  local family = plain and C.mtr_address(self.lines.bytes, out, zone) or 0
  if family > 0 and zone[0] == 0 then
    self.found = true
    return addr.unmap(out, family), 0
  end
  local kind, what = read(self, n, bits, out)
  if not kind then return self:take(out) end
  self.found = true
  return kind, what
end

--- Returns which part of the file was read, 0..1; nil for a pipe or a terminal.
---@return number?
function Items:share() return self.lines:share() end

return M
