-- SPDX-License-Identifier: MIT
--
-- Sets of address prefixes: finds the longest prefix that contains an address. Used for the list of
-- addresses that must never be probed, and for targets to leave out.
--
-- A set may have millions of prefixes: they are in C (mtr_prefixes), about 45 bytes each. find()
-- returns the value that add() was given; without one, the text of the prefix. A prefix whose value
-- is false is an exception: its addresses are not in the set, though a shorter prefix is. Bits
-- behind a prefix count as zero. The zone of an address is ignored: an address is in the set in
-- every zone.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local embedded = require "mtr.base.embedded"
local err = require "mtr.base.err"
local lines = require "mtr.base.lines"
local prefix = require "mtr.base.prefix"

local C = lib.C
local M = {}

local parsed = lib.new "uint8_t[16]"
local length = lib.new "uint32_t[1]"

---@class mtr.PrefixSet
---@field embedded? boolean IPv4 prefixes also contain IPv6 addresses that lead to their addresses
---@field values table<integer, any> by number of the addition
---@field entries integer how many were added
local Set = {}
Set.__index = Set

--- Makes an empty set.
---@return mtr.PrefixSet
function M.set()
  return setmetatable({
    c = lib.gc(C.mtr_prefixes_new(), C.mtr_prefixes_free), values = {}, embedded = false,
    entries = 0,
  }, Set)
end

local function check(code)
  if code < 0 then error("prefix set: " .. select(2, err.env(code)), 0) end
  return code
end

--- Adds "192.0.2.0/24", "2001:db8::/32" or a single address. If it is added again, the last value
--- counts.
---@param text string
---@param value? any what find() returns; default: the prefix as text; false: an exception
---@return true?
---@return string? message what is wrong with the text
function Set:add(text, value)
  local family, bits = prefix.parse(text, parsed)
  if not family then return nil, bits end
  local number = check(C.mtr_prefixes_add(self.c, parsed, family, bits))
  if value ~= nil then self.values[number] = value end
  self.entries = self.entries + 1
  return true
end

-- Returns the text of the prefix that was found for an address.
local function text_of(bytes, family)
  lib.copy(parsed, bytes, 16)
  prefix.clear(parsed, length[0])
  local full = length[0] == prefix.FULL[family]
  return addr.format(parsed, family) .. (full and "" or "/" .. length[0])
end

local function find(self, bytes, family)
  local number = check(C.mtr_prefixes_find(self.c, bytes, family, length))
  if number == 0 then return nil end
  local value = self.values[number]
  if value == nil then return text_of(bytes, family) end
  return value
end

local function has(self, bytes, family)
  local number = check(C.mtr_prefixes_find(self.c, bytes, family, length))
  if number == 0 then return nil end
  return self.values[number] ~= false
end

-- An exception for one address inside another does not count for a second one inside it.
local function find_inside(self, bytes, family) return find(self, bytes, family) or nil end
local function has_inside(self, bytes, family) return has(self, bytes, family) or nil end

-- Looks for an address, and for those inside it if it is in no prefix.
local function look(self, see, inside, bytes, family)
  local value = see(self, bytes, family)
  if value == nil and family == 6 and self.embedded then
    value = embedded.find(bytes, inside, self)
  end
  return value
end

--- Returns the value of the longest prefix that contains an address, or nil.
---@param bytes ffi.cdata* 16 bytes in network order
---@param family integer
---@return any
function Set:find(bytes, family) return look(self, find, find_inside, bytes, family) or nil end

local address = lib.new "uint8_t[16]"

--- Returns the value of the longest prefix that contains an address, and that prefix; or nil.
---@param text string an address
---@return any value
---@return string? prefix
function Set:lookup(text)
  local family = addr.parse(text, address)
  local value = family > 0 and find(self, address, family) or nil
  if value then return value, text_of(address, family) end
end

--- Returns true if an address is in the set.
---@param bytes ffi.cdata* 16 bytes in network order
---@param family integer
---@return boolean
function Set:has(bytes, family) return look(self, has, has_inside, bytes, family) or false end

-- Adds an entry of a list: a prefix, or an exception after "!".
local function add(set, entry)
  local exception = entry:match "^!%s*(.*)"
  if exception then return set:add(exception, false) end
  return set:add(entry)
end

local function load_file(set, path)
  local file, message, code = io.open(path)
  if not file then return nil, message, code end
  local next_line, i = lines.of(file), 0
  while true do
    local line
    line, message, code = next_line()
    if not line then break end
    i = i + 1
    local entry = line:gsub("#.*", ""):match "^%s*(.-)%s*$"
    local ok
    if entry ~= "" then
      ok, message = add(set, entry)
      if not ok then
        file:close()
        return nil, ("%s, line %d: %s"):format(path, i, message)
      end
    end
  end
  file:close()
  if code then return nil, message, code end
  return set
end

--- Makes a set from a list of prefixes, or from a file with one prefix in each line; "#" begins a
--- comment, and "!" before a prefix makes an exception of it. find() returns the text of a prefix.
---@param list string|string[]
---@return mtr.PrefixSet?
---@return string? message what is wrong
---@return integer? code errno if the file could not be read
function M.load(list)
  local set = M.set()
  if type(list) == "string" then return load_file(set, list) end
  for i, text in ipairs(list) do
    if text ~= "" then
      local ok, message = add(set, text)
      if not ok then return nil, ("entry %d: %s"):format(i, message) end
    end
  end
  return set
end

--- Makes a set of what a user gives: a file, one prefix, a list of prefixes, or a set.
---@param given any
---@return mtr.PrefixSet?
---@return string? message
---@return string? name err.BUG: a caller's bug
---@return string? words what was given
function M.from(given)
  if type(given) == "table" and getmetatable(given) == Set then return given, nil, nil, "a set" end
  if type(given) == "string" and prefix.parse(given, parsed) then
    local set = M.set()
    set:add(given)
    return set, nil, nil, err.show(given)
  end
  if type(given) ~= "string" and type(given) ~= "table" then
    return nil, "must be a file, a prefix or a list of prefixes, got " .. err.show(given), err.BUG
  end
  local set, message, code = M.load(given)
  local words = type(given) == "string" and err.show(given) or ("a list of %d"):format(#given)
  if set then return set, nil, nil, words end
  if type(given) == "table" then return nil, message, err.BUG end
  if code then
    local _, text, name = err.env(code, "exclude list " .. given)
    return nil, text, name, words
  end
  return nil, "EINVAL: exclude list " .. message, "EINVAL", words
end

return M
