-- SPDX-License-Identifier: MIT
--
-- Sets of address prefixes: finds the prefix that contains an address. Used for the list of
-- addresses that must never be probed.
--
-- For each prefix length in use there is a table from the masked bytes to a value, and lookups go
-- from the longest length down, so the time depends on the number of lengths and not on the
-- number of prefixes. find() returns the value that add() was given. Bits behind a prefix count as
-- zero. The zone of an address is ignored: an address is in the set in every zone.

local lib = require "mtr.lib"
local embedded = require "mtr.base.embedded"
local lines = require "mtr.base.lines"
local prefix = require "mtr.base.prefix"

local M = {}

local parsed = lib.new "uint8_t[16]"
local masked = lib.new "uint8_t[16]"

-- Returns the first `length` bits of an address as a string, for use as a key.
local function key(bytes, length)
  lib.copy(masked, bytes, 16)
  prefix.clear(masked, length)
  return lib.string(masked, 16)
end

---@class mtr.PrefixSet
---@field embedded? boolean IPv4 prefixes also contain IPv6 addresses that lead to their addresses
local Set = {}
Set.__index = Set

--- Makes an empty set.
---@return mtr.PrefixSet
function M.set()
  return setmetatable({ [4] = { lengths = {} }, [6] = { lengths = {} } }, Set)
end

--- Adds "192.0.2.0/24", "2001:db8::/32" or a single address.
---@param text string
---@param value any what find() returns
---@return true?
---@return string? message what is wrong with the text
function Set:add(text, value)
  local family, length = prefix.parse(text, parsed)
  if not family then return nil, length end
  local tables = self[family]
  if not tables[length] then
    tables[length] = {}
    tables.lengths[#tables.lengths + 1] = length
    table.sort(tables.lengths, function(a, b) return a > b end)
  end
  tables[length][key(parsed, length)] = value
  return true
end

local function find(self, bytes, family)
  local tables = self[family]
  for _, length in ipairs(tables.lengths) do
    local value = tables[length][key(bytes, length)]
    if value ~= nil then return value end
  end
  return nil
end

--- Returns the value of the longest prefix that contains an address, or nil.
---@param bytes ffi.cdata* 16 bytes in network order
---@param family integer
---@return any
function Set:find(bytes, family)
  local value = find(self, bytes, family)
  if value == nil and family == 6 and self.embedded then
    return embedded.find(bytes, find, self)
  end
  return value
end

--- Makes a set from a list of prefixes, or from a file with one prefix in each line; "#" begins a
--- comment. The value of each prefix is its text.
---@param list string|string[]
---@return mtr.PrefixSet?
---@return string? message what is wrong
---@return integer? code errno if the file could not be read
function M.load(list)
  local set, place = M.set(), "entry"
  local entries = list
  if type(list) == "string" then
    local file, message, code = io.open(list)
    if not file then return nil, message, code end
    local next_line = lines.of(file)
    entries, place = {}, list .. ", line"
    repeat
      local line
      line, message, code = next_line()
      entries[#entries + 1] = line and line:gsub("#.*", ""):match "^%s*(.-)%s*$"
    until not line
    file:close()
    if message then return nil, message, code end
  end
  for i, text in ipairs(entries) do
    if text ~= "" then
      local ok, message = set:add(text, text)
      if not ok then return nil, ("%s %d: %s"):format(place, i, message) end
    end
  end
  return set
end

return M
