-- SPDX-License-Identifier: MIT
--
-- Kinds of values in JSON, of which mtr.record.members describes results. A kind is a function: it
-- returns nil for a value of that kind, or what is wrong with it. `about` describes most of them
-- for mtr.record.verbatim, which looks at the text of a line: what the function refuses, the
-- description must refuse too.

local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local recent = require "mtr.base.recent"

local M = {}

--- Larger numbers are not exact.
M.EXACT = 2 ^ 53

--- What is known of a kind; nil of some: type is the name of a MTR_JSON_* of core/mtr.h without
--- that beginning.
---@type table<function, { type: string, least?: number, most?: number, words?: string[],
--- element?: function, members?: table<string, function>, needed?: string[] }>
M.about = {}

--- Describes a kind, and returns it.
---@param kind function
---@param about table see M.about
---@return function kind
function M.described(kind, about)
  M.about[kind] = about
  return kind
end
local described = M.described

function M.text(value)
  if type(value) ~= "string" then return " is not a text" end
end

-- Addresses that were looked at. Most come again: of the hop and of its reply, on the next paths.
local addresses = recent.new(8192)

-- The zone of an address (fe80::1%eth0) need not exist on this machine.
function M.address(value)
  if addresses[value] then return nil end
  local bare = type(value) == "string" and value:match "^([^%%]+)%%?[%w._-]*$"
  if not bare or not addr.family(bare) then return " is not an address" end
  addresses[value] = true
end

-- A node of a path: an address, silence, or where the paths begin.
function M.node(value)
  if value ~= "*" and value ~= "source" and M.address(value) then return " is not a node" end
end

-- A word of ours; readers take those of later versions too.
function M.word(value)
  if type(value) ~= "string" or not value:find "^[%w-]+$" then return " is not a word" end
end

function M.hex(value)
  if type(value) ~= "string" or not value:find "^[0-9a-f]*$" or #value % 2 ~= 0 then
    return " is not in hexadecimal"
  end
end

function M.flag(value)
  if value ~= true then return " is not true" end
end

function M.boolean(value)
  if type(value) ~= "boolean" then return " is neither true nor false" end
end

function M.number(least, most)
  local fault = (" is not a number from %.0f to %.0f"):format(least, most)
  return described(function(value)
    if type(value) ~= "number" or value < least or value > most then return fault end
  end, { type = "NUMBER", least = least, most = most })
end

function M.whole(least, most)
  local fault = (" is not a whole number from %.0f to %.0f"):format(least, most)
  return described(function(value)
    if type(value) ~= "number" or value < least or value > most or value % 1 ~= 0 then
      return fault
    end
  end, { type = "NUMBER", least = least, most = most })
end

function M.one_of(...)
  local words, fault = {}, " is none of " .. table.concat({ ... }, ", ")
  for _, one in ipairs { ... } do words[one] = true end
  return described(function(value)
    if not words[value] then return fault end
  end, { type = "ONE_OF", words = { ... } })
end

function M.list(kind)
  return described(function(value)
    if type(value) ~= "table" then return " is not a list" end
    local count = 0
    for i, element in each(value) do
      if type(i) ~= "number" then return " is not a list" end
      local fault = kind(element)
      if fault then return ("[%d]%s"):format(i, fault) end
      count = count + 1
    end
    if count > 0 and value[count] == nil then return " has an element that is null" end
  end, { type = "LIST", element = kind })
end

-- An object that may have some members, and must have others.
function M.object(members, needed)
  return described(function(value)
    if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
    for i = 1, #needed do
      if value[needed[i]] == nil then return (".%s is missing"):format(needed[i]) end
    end
    for name, member in each(value) do
      local kind = members[name]
      local fault = kind and kind(member)
      if fault then return "." .. name .. fault end
    end
  end, { type = "OBJECT", members = members, needed = needed })
end

-- An object of any members.
function M.any(value)
  if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
end

-- An object whose members are all of a kind.
function M.map(kind)
  return function(value)
    if type(value) ~= "table" or value[1] ~= nil then return " is not an object" end
    for _, member in each(value) do
      local fault = kind(member)
      if fault then return " has a member that" .. fault end
    end
  end
end

function M.id(value)
  if type(value) ~= "string" and (type(value) ~= "number" or value % 1 ~= 0) then
    return " is neither a text nor a whole number"
  end
end

for name, kind in each { TEXT = M.text, ADDRESS = M.address, WORD = M.word, TRUE = M.flag,
  BOOLEAN = M.boolean, HEX = M.hex } do
  described(kind, { type = name })
end
described(M.id, { type = "ID", least = -M.EXACT, most = M.EXACT })

return M
