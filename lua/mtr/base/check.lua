-- SPDX-License-Identifier: MIT
--
-- Checks option tables against their declarations: unknown names, wrong types, values out of range.
--
-- A declaration is { name = "max_ttl", kind = check.integer(1, 255), ... }; a kind turns the given
-- value into the value to use, or returns nil and a text that says what it must be. A check never
-- raises. It returns the message of the first problem, and the public function raises that message
-- at its caller's line.

local addr = require "mtr.base.addr"
local each = require "mtr.base.each"
local err = require "mtr.base.err"
local units = require "mtr.base.units"
local lib = require "mtr.lib"

local M = {}

---@alias mtr.Kind fun(value: any): any, string?

--- Accepts a whole number from `low` to `high`.
---@return mtr.Kind
function M.integer(low, high)
  local wanted = ("must be %d..%.0f"):format(low, high)
  return function(value)
    if type(value) == "number" and value % 1 == 0 and value >= low and value <= high then
      return value
    end
    return nil, wanted
  end
end

--- Accepts a whole number as a limit; 0 and "max" mean no limit.
---@type mtr.Kind
function M.limit(value)
  if value == "max" then return 0 end
  local whole = type(value) == "number" and value % 1 == 0
  if whole and value >= 0 and value <= 0xffffffff then return value end
  return nil, 'must be 1..4294967295, or "max"'
end

--- Accepts a duration from `low` to `high` whole ms.
---@return mtr.Kind
function M.duration(low, high)
  local wanted = ('must be a duration such as 250, "250ms", "2s" or "1m", from %d to %d ms'):format(
    low, high)
  return function(value)
    local ms = units.duration(value)
    if ms and ms >= low and ms <= high then return ms end
    return nil, wanted
  end
end

local HIGHEST = 1e9                    -- rate that the library takes

--- Accepts a rate; 0 and "max" mean no limit.
---@type mtr.Kind
function M.rate(value)
  local rate = units.rate(value)
  if rate and rate <= HIGHEST then return rate end
  if rate then return nil, 'must be at most 1e9, or "max"' end
  return nil, 'must be a rate in probes per second, such as 100, "100/s" or "max"'
end

--- Accepts one of some words; `values` has the value that each word stands for.
---@param values table<string, any>
---@param words string[] in the order to show
---@return mtr.Kind
function M.word(values, words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = '"' .. word .. '"' end
  local last = table.remove(quoted)
  local wanted = "must be " .. (#quoted > 0 and table.concat(quoted, ", ") .. " or " or "") .. last
  return function(value)
    if type(value) == "string" and values[value] ~= nil then return values[value] end
    local near = type(value) == "string" and err.nearest(value, words)
    return nil, wanted, near and ("; did you mean %q?"):format(near)
  end
end

--- Accepts a value of one Lua type.
---@param name string
---@return mtr.Kind
function M.type(name)
  local wanted = ("must be a %s"):format(name)
  return function(value)
    if type(value) == name then return value end
    return nil, wanted
  end
end

--- Accepts any value.
---@type mtr.Kind
function M.any(value) return value end

--- Accepts a literal address, of one family if `only` is given; yields { family, zone, bytes }.
---@param only? integer
---@return mtr.Kind
function M.address(only)
  local wanted = only and ("must be an IPv%d address"):format(only)
    or "must be an IPv4 or IPv6 address"
  return function(value)
    if type(value) == "string" then
      local bytes = lib.new "uint8_t[16]"
      local family, zone = addr.parse(value, bytes)
      if family > 0 and (not only or family == only) then
        return { family = family, zone = zone, bytes = bytes, text = value }
      end
    end
    return nil, wanted
  end
end

--- One option. If the user does not give it, its value is `default`, as a user would write it (for
--- a port: one for each protocol). An option without a default has `otherwise`, which says in words
--- what happens, or is `needed`.
---@class mtr.Option
---@field name string
---@field kind mtr.Kind
---@field doc string what the option does, without its default
---@field default? any
---@field otherwise? string
---@field needed? true
---@field words? string[] the words that may be given
---@field unit? string the unit of a number: "ms", "bytes", "probes/s"

---@class mtr.Declaration
---@field who string the name of the function in messages
---@field by_name table<string, mtr.Option>
---@field names string[]

--- Declares the options of a function.
---@param who string
---@param list mtr.Option[]
---@return mtr.Declaration
function M.declare(who, list)
  local declaration = { who = who, by_name = {}, names = {} }
  for i, option in ipairs(list) do
    declaration.by_name[option.name] = option
    declaration.names[i] = option.name
  end
  return declaration
end

--- Checks options. Calls take(option, value, ...) for each option that is given.
---@param declaration mtr.Declaration
---@param opts? table
---@param take fun(option: mtr.Option, value: any, ...)
---@return string? message of the first problem
function M.each(declaration, opts, take, ...)
  local who = declaration.who
  if opts == nil then return nil end
  if type(opts) ~= "table" then
    return ("%s: options must be a table, got %s"):format(who, err.show(opts))
  end
  for name, given in each(opts) do
    local option = declaration.by_name[name]
    if not option then return err.unknown(who, name, declaration.names) end
    local value, wanted, hint = option.kind(given)
    if wanted then
      return ("%s: %s %s, got %s%s"):format(who, name, wanted, err.show(given), hint or "")
    end
    take(option, value, ...)
  end
end

return M
