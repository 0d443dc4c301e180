-- SPDX-License-Identifier: MIT
--
-- Finds a target of a list or a file by its number. Each address of a prefix has a number.
--
-- The items are read once, in their order, to count their targets. A mark is kept for every so many
-- items; when there are MOST marks, every second one is forgotten, so memory does not grow with the
-- list. To find a target, reading goes on from the mark before it. Wrong if the list changes
-- meanwhile.
--
-- The source of items has take(out) (see mtr.targets.reader), here() and go(place): here() returns
-- the place of the item that was taken last, as two numbers.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local entry = require "mtr.targets.entry"

local PREFIX = entry.PREFIX
local MOST = 2 ^ 17
local scratch = lib.new "uint8_t[16]"

---@class mtr.Index
---@field size number of targets
---@field text any of the target that was found last
local Index = {}
Index.__index = Index

local M = {}

-- Forgets every second mark.
local function thin(self)
  local kept = 0
  for i = 0, self.marks - 1, 2 do
    self.first[kept], self.place[kept], self.number[kept] =
      self.first[i], self.place[i], self.number[i]
    kept = kept + 1
  end
  self.marks, self.stride = kept, self.stride * 2
end

--- Reads all items. Returns the index; or nil, a message and a name.
---@param items table
---@param most? integer marks; default 131072
---@return mtr.Index?
---@return string? message, string? name
function M.new(items, most)
  most = most or MOST
  local self = setmetatable({
    items = items, size = 0, marks = 0, stride = 1, text = false, range = false, at = -1,
    first = lib.new("double[?]", most), place = lib.new("double[?]", most),
    number = lib.new("double[?]", most),
  }, Index)
  local count = 0
  while true do
    local kind, what, name = items:take(scratch)
    if not kind then
      if name then return nil, what, name end
      break
    end
    if count % self.stride == 0 then
      if self.marks == most then thin(self) end
      if count % self.stride == 0 then
        self.first[self.marks] = self.size
        self.place[self.marks], self.number[self.marks] = items:here()
        self.marks = self.marks + 1
      end
    end
    count = count + 1
    self.size = self.size + (kind == PREFIX and what.size or 1)
  end
  if self.size > 2 ^ 52 then
    return err.named("EFBIG", "these are more than 2^52 targets: too many for a shuffle")
  end
  return self
end

-- Returns the last mark whose first target is `i` or before it.
local function mark_of(self, i)
  local low, high, first = 0, self.marks, self.first
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    if first[middle] <= i then low = middle else high = middle end
  end
  return low
end

--- Returns a target: see mtr.Reader:next.
---@param i number from 0 to size - 1
---@param out ffi.cdata* 16 bytes
---@return integer?
---@return integer|string?
---@return string?
function Index:get(i, out)
  local range = self.range
  if range and i >= self.at and i < self.at + range.size then
    return range:get(i - self.at, out), 0
  end
  local mark = mark_of(self, i)
  local at = self.first[mark]
  self.items:go(self.place[mark], self.number[mark])
  while true do
    local kind, what, name = self.items:take(out)
    self.text = self.items.text
    if not kind then
      if name then return nil, what, name end
      return err.named("ESTALE", "the list was changed while it was in use")
    end
    if kind == PREFIX then
      if i < at + what.size then
        self.range, self.at = what, at
        return what:get(i - at, out), 0
      end
      at = at + what.size
    elseif at == i then
      return kind, what
    else
      at = at + 1
    end
  end
end

return M
