-- SPDX-License-Identifier: MIT
--
-- Writes JSON: one line, always valid, the same bytes for the same value.
--
-- lua-cjson is not used: it does not keep an order of keys, and does not let us format numbers.
-- Members are written in the order of a list, and the others after them by name. A table with an
-- element 1 is an array, and so is an empty table: results have no empty objects. Left out are keys
-- that are not strings or begin with "_", functions and cdata. Strings may come from the network:
-- bytes that are not UTF-8 become U+FFFD, and control characters are escaped. Numbers that JSON
-- does not have become null. This file does not read JSON. A table that contains itself would never
-- end.

local each = require "mtr.base.each"
local utf8 = require "mtr.base.utf8"

local M = {}

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t",
}

local function escape(c) return ESCAPES[c] or ("\\u%04x"):format(c:byte()) end

local function quote(s)
  if s:find "[\128-\255]" then s = utf8.clean(s, "\239\191\189") end
  return '"' .. s:gsub('[%c"\\\127]', escape) .. '"'
end

local function number(n, format)
  if n ~= n or n == math.huge or n == -math.huge then return "null" end
  if format then return format:format(n) end
  if n % 1 == 0 and math.abs(n) < 2 ^ 53 then return ("%d"):format(n) end
  return ("%.14g"):format(n)
end

local encode

local function array(t, out, shape)
  out[#out + 1] = "["
  for i = 1, #t do
    if i > 1 then out[#out + 1] = "," end
    encode(t[i], out, shape)
  end
  out[#out + 1] = "]"
end

local WRITABLE = { string = true, number = true, boolean = true, table = true }

local function object(t, out, shape)
  local keys = {}
  for key, value in each(t) do
    if type(key) == "string" and key:sub(1, 1) ~= "_" and WRITABLE[type(value)] then
      keys[#keys + 1] = key
    end
  end
  local rank, last = shape.rank, math.huge
  table.sort(keys, function(a, b)
    local x, y = rank[a] or last, rank[b] or last
    if x == y then return a < b end
    return x < y
  end)
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    out[#out + 1] = (i > 1 and "," or "") .. quote(key) .. ":"
    encode(t[key], out, shape, shape.formats[key])
  end
  out[#out + 1] = "}"
end

function encode(value, out, shape, format)
  local kind = type(value)
  if kind == "table" then
    if value[1] ~= nil or next(value) == nil then return array(value, out, shape) end
    return object(value, out, shape)
  end
  if kind == "string" then
    out[#out + 1] = quote(value)
  elseif kind == "number" then
    out[#out + 1] = number(value, format)
  else
    out[#out + 1] = kind == "boolean" and tostring(value) or "null"
  end
end

--- How tables are written.
---@class mtr.JsonShape
---@field rank table<string, integer> position of a member among the others
---@field formats table<string, string> string.format of numbers with this key

--- Makes a shape.
---@param order string[] members in order
---@param formats? table<string, string>
---@return mtr.JsonShape
function M.shape(order, formats)
  local rank = {}
  for i, key in ipairs(order) do rank[key] = i end
  return { rank = rank, formats = formats or {} }
end

local PLAIN = M.shape {}

--- Encodes a value.
---@param value any
---@param shape? mtr.JsonShape
---@return string
function M.encode(value, shape)
  local out = {}
  encode(value, out, shape or PLAIN)
  return table.concat(out)
end

return M
