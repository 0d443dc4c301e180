-- SPDX-License-Identifier: MIT
--
-- Shows values to a person: tables with their fields in order, in as many lines as they need. Text
-- is made safe for a terminal. The result is not meant to be read by a program.

local each = require "mtr.base.each"
local err = require "mtr.base.err"

local M = {}

local DEPTH, MOST, WIDTH = 4, 100, 80

local function text_of(value)
  if type(value) == "string" then return '"' .. err.plain(value) .. '"' end
  return err.plain(tostring(value))
end

-- Numbers first, then names, in order.
local function before(a, b)
  if type(a) ~= type(b) then return type(a) == "number" end
  if type(a) == "number" or type(a) == "string" then return a < b end
  return tostring(a) < tostring(b)
end

local function keys_of(value)
  local keys = {}
  for key in each(value) do
    if type(key) ~= "string" or not key:find "^_" then keys[#keys + 1] = key end
  end
  table.sort(keys, before)
  return keys
end

local show

local function member(value, key, i, indent, seen)
  local name = key == i and "" or type(key) == "string" and err.plain(key) .. " = "
    or "[" .. text_of(key) .. "] = "
  return name .. show(value[key], indent .. "  ", seen)
end

function show(value, indent, seen)
  if type(value) ~= "table" then return text_of(value) end
  if seen[value] or #indent >= 2 * DEPTH then return "{...}" end
  local parts, keys, size = {}, keys_of(value), 0
  seen[value] = true
  for i, key in ipairs(keys) do
    if i > MOST then
      parts[i] = ("... and %d more"):format(#keys - MOST)
      break
    end
    parts[i] = member(value, key, i, indent, seen)
    size = size + #parts[i] + 2
  end
  seen[value] = nil
  if size + #indent < WIDTH and not table.concat(parts):find "\n" then
    return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
  end
  return "{\n  " .. indent .. table.concat(parts, ",\n  " .. indent) .. "\n" .. indent .. "}"
end

--- Returns a value as text, perhaps of several lines.
---@param value any
---@return string
function M.value(value) return show(value, "", {}) end

return M
