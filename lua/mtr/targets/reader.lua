-- SPDX-License-Identifier: MIT
--
-- Reads targets in the order of their source, and takes prefixes apart: each address of a prefix is
-- a target with a position.
--
-- A source of items has take(out), which returns what mtr.targets.entry returns; nil at the end; or
-- nil, a message and a name. Its `text` is the text of the last item.

local lib = require "mtr.lib"
local entry = require "mtr.targets.entry"

local scratch = lib.new "uint8_t[16]"
local PREFIX = entry.PREFIX

---@class mtr.Reader
---@field passed number targets that were returned or skipped
---@field items table
---@field text any of the last target, or of its prefix
---@field note mtr.TargetNote|false likewise
local Reader = {}
Reader.__index = Reader

local M = {}

--- Makes a reader.
---@param items table
---@return mtr.Reader
function M.new(items)
  return setmetatable({ items = items, passed = 0, range = false, ended = false, text = false,
    note = false }, Reader)
end

-- Takes an item. Of a prefix it only keeps the range.
local function take(self, out)
  if self.ended then return nil end
  local kind, what, name = self.items:take(out)
  self.text, self.note = self.items.text, self.items.note or false
  if kind == PREFIX then
    self.range = what
  elseif not kind then
    self.ended = true
  end
  return kind, what, name
end

-- Returns the next address of the prefix, or the target behind it.
local function from_range(self, out)
  local family = self.range:next(out)
  if not family then
    self.range = false
    return self:next(out)
  end
  self.passed = self.passed + 1
  return family, 0
end

--- Returns the next target: its family and zone, 0 and its name, or -1 and a message; nil at the
--- end; or nil, a message and a name.
---@param out ffi.cdata* 16 bytes, which an address fills
---@return integer?
---@return integer|string?
---@return string?
function Reader:next(out)
  if self.range then return from_range(self, out) end
  local kind, what, name = take(self, out)
  if kind == PREFIX then return from_range(self, out) end
  if kind then self.passed = self.passed + 1 end
  return kind, what, name
end

--- Leaves out targets.
---@param n number
---@return boolean? all true: there were so many; nil: an error
---@return string? message, string? name
function Reader:skip(n)
  while n > 0 do
    local range = self.range
    if range then
      local part = math.min(n, range.left)
      range:skip(part)
      if range.left == 0 then self.range = false end
      n, self.passed = n - part, self.passed + part
    else
      local kind, what, name = take(self, scratch)
      if not kind then
        if name then return nil, what, name end
        return false
      end
      if kind ~= PREFIX then n, self.passed = n - 1, self.passed + 1 end
    end
  end
  return true
end

return M
