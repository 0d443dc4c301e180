-- SPDX-License-Identifier: MIT
--
-- Reads JSON (RFC 8259): states of campaigns, results in files. Where lua-cjson is installed, it
-- does the work, nine times as fast. Without it this file reads by itself, because a campaign must
-- resume on any machine. Both give the same values; what is wrong is always said by this file.
--
-- null becomes nil, so a list must not contain it. Nesting is limited to 32 levels.

local each = require "mtr.base.each"
local utf8 = require "mtr.base.utf8"

local M = {}

local DEEPEST = 32

local PLAIN = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local value

local function fail(at, what) error({ ("byte %d: %s"):format(at, what) }, 0) end

local function skip(text, at) return text:find("[^ \t\r\n]", at) or #text + 1 end

-- Reads what follows a backslash: returns its text and the place behind it.
local function escape(text, at)
  local c = text:sub(at, at)
  if PLAIN[c] then return PLAIN[c], at + 1 end
  local code = c == "u" and tonumber(text:match("^%x%x%x%x", at + 1) or "", 16)
  if not code then fail(at, "this escape does not exist") end
  at = at + 5
  local low = code >= 0xd800 and code <= 0xdbff and text:match("^\\u([dD][c-fC-F]%x%x)", at)
  if not low then
    if code >= 0xd800 and code <= 0xdfff then fail(at - 6, "half of a surrogate pair") end
    return utf8.char(code), at
  end
  return utf8.char(0x10000 + (code - 0xd800) * 1024 + tonumber(low, 16) - 0xdc00), at + 6
end

local function string_at(text, at)
  local parts = {}
  while true do
    local run, stop, c = text:match('^([^%c"\\]*)()(.?)', at)
    parts[#parts + 1] = run
    at = stop + 1
    if c == '"' then return table.concat(parts), at end
    if c ~= "\\" then fail(stop, "a string has no end") end
    parts[#parts + 1], at = escape(text, at)
  end
end

-- Reads the elements of a list or an object up to `close`. one(at) returns the place behind one.
local function elements(text, at, close, one)
  at = skip(text, at)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip(text, one(at))
    local c = text:sub(at, at)
    if c == close then return at + 1 end
    if c ~= "," then fail(at, ("expected , or %s"):format(close)) end
    at = skip(text, at + 1)
  end
end

local function list_at(text, at, depth)
  local list = {}
  return list, elements(text, at, "]", function(i)
    list[#list + 1], i = value(text, i, depth)
    return i
  end)
end

local function object_at(text, at, depth)
  local object = {}
  return object, elements(text, at, "}", function(i)
    if text:sub(i, i) ~= '"' then fail(i, "expected the name of a member") end
    local name
    name, i = string_at(text, i + 1)
    i = skip(text, i)
    if text:sub(i, i) ~= ":" then fail(i, "expected :") end
    object[name], i = value(text, skip(text, i + 1), depth)
    return i
  end)
end

local WORDS = { ["true"] = true, ["false"] = false }

function value(text, at, depth)
  if depth > DEEPEST then fail(at, "the nesting is too deep") end
  local c = text:sub(at, at)
  if c == "{" then return object_at(text, at + 1, depth + 1) end
  if c == "[" then return list_at(text, at + 1, depth + 1) end
  if c == '"' then return string_at(text, at + 1) end
  local word = text:match("^%l+", at)
  if word == "null" or WORDS[word] ~= nil then return WORDS[word], at + #word end
  local number = text:match("^-?%d+%.?%d*[eE]?[-+]?%d*", at)
  if not tonumber(number) then fail(at, "expected a value") end
  return tonumber(number), at + #number
end

local found, cjson = pcall(require, "cjson.safe")
if found then
  cjson = cjson.new()
  cjson.decode_invalid_numbers(false)
  cjson.decode_max_depth(DEEPEST)
end

local function without_null(t)
  for key, member in each(t) do
    if type(member) == "table" then without_null(member) end
    if member == cjson.null then t[key] = nil end
  end
  return t
end

local integer = math.tointeger         -- luacheck: ignore 143

-- Makes integers of whole numbers, where Lua has them: lua-cjson gives floats.
local function with_integers(t)
  for key, member in each(t) do
    if type(member) == "table" then
      with_integers(member)
    elseif type(member) == "number" then
      t[key] = integer(member) or member
    end
  end
  return t
end

--- Decodes a text without lua-cjson.
---@param text string
---@return any value nil if it is wrong
---@return string? message where and why
function M.plain(text)
  local ok, result, at = pcall(value, text, skip(text, 1), 0)
  if not ok then return nil, type(result) == "table" and result[1] or error(result, 0) end
  at = skip(text, at)
  if at <= #text then return nil, ("byte %d: the value has ended before"):format(at) end
  return result
end

--- Decodes a text.
---@param text string
---@param brief? boolean only the value counts: to find out what is wrong costs more than the rest
---@return any value nil if it is wrong
---@return string? message where and why
function M.decode(text, brief)
  if not found then return M.plain(text) end
  local result, message = cjson.decode(text)
  if type(result) == "table" then
    if text:find("null", 1, true) then without_null(result) end
    return integer and with_integers(result) or result
  end
  if result == cjson.null then return nil end
  if result ~= nil then return result end
  if brief then return nil, message end
  local _, why = M.plain(text)
  return nil, why or message
end

return M
