-- SPDX-License-Identifier: MIT
--
-- What stands between a script of --sandbox and the rest of the Lua state. Values that cross it are
-- copied or wrapped, so that neither side ever gets a table or function of the other:
--
--   out (to the script)   plain tables are copied; objects become proxies without a metatable that
--                         can be seen, whose fields cross when they are read; functions are
--                         wrapped; C data, which could reach all memory, and coroutines become nil
--   in (from the script)  proxies become their objects again; tables are copied, with the tables
--                         that they inherit from; functions are wrapped
--
-- Errors cross like results. Wrong if a table of the trusted side without a metatable has what a
-- script must not have.

local M = {}

local getmetatable, setmetatable, rawset, rawget = getmetatable, setmetatable, rawset, rawget
local type, next, select, error, pcall, unpack = type, next, select, error, pcall, unpack

local function weak(mode) return setmetatable({}, { __mode = mode }) end

local real_of = weak "k"       -- of proxies and functions that the script has
local shown = weak "kv"        -- the other way round
local inner = weak "k"         -- wrapped functions of the script, by function
local origin = weak "k"        -- the script's table or function of what was made of it
local kept = weak "k"          -- proxies that live as long as their objects
local hidden = weak "k"        -- metatables of objects that are not shown

local out, into

local function pass(fn, n, ...)
  local values = { ... }
  for i = 1, n do values[i] = fn(values[i]) end
  return unpack(values, 1, n)
end

local function results(ok, ...)
  if ok then return pass(out, select("#", ...), ...) end
  local message = ...
  if type(message) ~= "string" then error(out(message), 0) end
  -- A message without a position is about the script's call.
  error(message, message:find "^[^\n]-:%d+: " and 0 or message:find "^mtr: " and 0 or 2)
end

-- Whether an object inherits from a table of the script, as instances of strategies do.
local function is_scripts(object)
  local meta = getmetatable(object)
  return type(meta) == "table" and type(meta.__index) == "table" and origin[meta.__index] ~= nil
end

local function get(object, key) return object[key] end

local PROXY = {
  __metatable = false,
  __index = function(proxy, key)
    if type(key) == "string" and key:sub(1, 1) == "_" then return nil end
    local ok, value = pcall(get, real_of[proxy], key)
    if not ok then error((tostring(value):gsub("^[^\n]-membrane%.lua:%d+: ", "")), 2) end
    return out(value)
  end,
  __newindex = function(proxy, key, value)
    if not is_scripts(real_of[proxy]) then
      error("sandbox: this object cannot be changed", 2)
    end
    rawset(proxy, key, value)
  end,
  __tostring = function(proxy) return tostring(real_of[proxy]) end,
}

-- The metatable of a proxy whose object is called, as an iterator is.
local CALLED = {}
for key, value in next, PROXY do CALLED[key] = value end
function CALLED.__call(proxy, ...)
  return results(pcall(real_of[proxy], pass(into, select("#", ...), ...)))
end

local function show_function(fn)
  return function(...)
    return results(pcall(fn, pass(into, select("#", ...), ...)))
  end
end

local function show_object(object, meta)
  local proxy = {}
  real_of[proxy] = object
  for i = 1, #object do proxy[i] = out(object[i]) end
  if is_scripts(object) then kept[object] = proxy end
  return setmetatable(proxy, meta.__call and CALLED or PROXY)
end

--- Returns what the script gets for a value of ours.
function out(value, seen)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" or kind == "nil" then
    return value
  elseif kind ~= "table" and kind ~= "function" then
    return nil
  end
  if real_of[value] then return value end
  local known = origin[value] or kept[value] or shown[value] or seen and seen[value]
  if known then return known end
  if kind == "function" then
    local fn = show_function(value)
    real_of[fn], shown[value] = value, fn
    return fn
  end
  local meta = getmetatable(value)
  if hidden[meta] then return nil end
  if type(meta) == "table" then
    local proxy = show_object(value, meta)
    shown[value] = proxy
    return proxy
  end
  local copy = {}
  seen = seen or {}
  seen[value] = copy
  for key, item in next, value do
    key = out(key, seen)
    if key ~= nil then copy[key] = out(item, seen) end
  end
  return copy
end

local function given(...) return pass(into, select("#", ...), ...) end

local function take_function(fn)
  return function(...) return given(fn(pass(out, select("#", ...), ...))) end
end

--- Returns what we get for a value of the script.
function into(value, seen)
  local kind = type(value)
  if kind ~= "table" and kind ~= "function" then return value end
  local known = real_of[value] or seen and seen[value]
  if known then return known end
  if kind == "function" then
    local fn = inner[value]
    if not fn then
      fn = take_function(value)
      inner[value], origin[fn] = fn, value
    end
    return fn
  end
  local copy = {}
  seen = seen or {}
  seen[value], origin[copy] = copy, value
  for key, item in next, value do copy[into(key, seen)] = into(item, seen) end
  local meta = getmetatable(value)
  local parent = type(meta) == "table" and rawget(meta, "__index")
  if type(parent) == "table" then setmetatable(copy, { __index = into(parent, seen) }) end
  return copy
end

--- Hides all objects with this metatable.
---@param meta table
function M.hide(meta) hidden[meta] = true end

M.out, M.into = out, into

return M
