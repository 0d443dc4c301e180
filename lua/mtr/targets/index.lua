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
---@field note mtr.TargetNote|false likewise
local Index = {}
Index.__index = Index

local M = {}

-- Keeps a mark, which is three numbers in three lists. Returns how many there are.
local function keep(self, first, place, number)
  local n = #self.first + 1
  self.first[n], self.place[n], self.number[n] = first, place, number
  return n
end

-- Returns every second element of a list.
local function half(list)
  local kept = {}
  for i = 1, #list, 2 do kept[#kept + 1] = list[i] end
  return kept
end

--- Reads all items. Returns the index; or nil, a message and a name.
---@param items table
---@param most? integer marks; default 131072
---@return mtr.Index?
---@return string? message, string? name
function M.new(items, most)
  most = most or MOST
  local self = setmetatable({
    items = items, size = 0, text = false, note = false, range = false, range_note = false, at = -1,
    first = {}, place = {}, number = {},
  }, Index)
  local count, stride = 0, 1
  while true do
    local kind, what, name = items:take(scratch)
    if not kind then
      if name then return nil, what, name end
      break
    end
    if count % stride == 0 and keep(self, self.size, items:here()) == most then
      self.first, self.place, self.number = half(self.first), half(self.place), half(self.number)
      stride = stride * 2
    end
    count = count + 1
    self.size = self.size + (kind == PREFIX and what.size or 1)
  end
  if self.size > 2 ^ 52 then
    return err.named("EFBIG", "these are more than 2^52 targets: too many for a shuffle")
  end
  return self
end

-- Returns the number of the last mark whose first target is `i` or before it.
local function mark_of(self, i)
  local first = self.first
  local low, high = 1, #first + 1
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
    self.note = self.range_note
    return range:get(i - self.at, out), 0
  end
  local mark = mark_of(self, i)
  local at = self.first[mark]
  self.items:go(self.place[mark], self.number[mark])
  while true do
    local kind, what, name = self.items:take(out)
    self.text, self.note = self.items.text, self.items.note or false
    if not kind then
      if name then return nil, what, name end
      return err.named("ESTALE", "the list was changed while it was in use")
    end
    if kind == PREFIX then
      if i < at + what.size then
        self.range, self.range_note, self.at = what, self.note, at
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
