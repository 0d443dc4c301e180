-- SPDX-License-Identifier: MIT
--
-- Faults in the description of a network: a message, the path through the tables to the fault and,
-- for a file, the line. The line is found by reading the tables in the text. If part of a
-- description is computed, the line is that of the last table on the path that is written in the
-- text.

local unpack = require "mtr.compat".unpack
local M = {}

---@class mtr.SimFault
---@field path (string|integer)[] keys from the outermost table to the one at fault
---@field text string

local Fault = {}

--- Raises a fault, which M.catch catches.
---@param path (string|integer)[]
---@param text string
function M.raise(path, text) error(setmetatable({ path = path, text = text }, Fault), 0) end

--- Returns a longer path: with more keys at its end.
---@return (string|integer)[]
function M.path(path, ...)
  local longer = { unpack(path) }
  for _, key in ipairs { ... } do longer[#longer + 1] = key end
  return longer
end

--- Calls fn(...). Returns true and its results, or false and the fault. Other errors are raised
--- again.
function M.catch(fn, ...)
  local ok, problem = pcall(fn, ...)
  if ok then return true, problem end
  if getmetatable(problem) == Fault then return false, problem end
  error(problem, 0)
end

--- Returns a path as text: nodes.r1.filter[2].port
---@param path (string|integer)[]
---@return string
function M.show(path)
  local text = ""
  for _, key in ipairs(path) do
    if type(key) == "number" then
      text = text .. ("[%d]"):format(key)
    elseif key:find "^[%a_][%w_]*$" then
      text = text .. (text == "" and "" or ".") .. key
    else
      text = text .. ("[%q]"):format(key)
    end
  end
  return text
end

-- Returns the position behind the blanks and comments at `at`.
local function skip(text, at)
  while at <= #text do
    local start = at
    at = text:match("^%s*()", at)
    local level = text:match("^%-%-%[(=*)%[", at)
    if level then
      at = select(2, text:find("]" .. level .. "]", at, true)) or #text
      at = at + 1
    else
      at = text:match("^%-%-[^\n]*()", at) or at
    end
    if at == start then break end
  end
  return at
end

-- Returns the position behind the token at `at`: a string, a bracket with its content, or other
-- text.
local function token(text, at)
  local quote = text:match("^[\"']", at)
  if quote then
    local stop = at + 1
    while stop <= #text and text:sub(stop, stop) ~= quote do
      stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
    end
    return stop + 1
  end
  local level = text:match("^%[(=*)%[", at)
  if level then return (select(2, text:find("]" .. level .. "]", at, true)) or #text) + 1 end
  if not text:find("^[%({%[]", at) then return text:match("^[%w_]+()", at) or at + 1 end
  at = skip(text, at + 1)
  while at <= #text and not text:find("^[%)}%]]", at) do at = skip(text, token(text, at)) end
  return at + 1
end

-- Returns the key of the entry at `at`, if it is written, and the position of its value.
local function key_at(text, at)
  local name, value = text:match("^([%a_][%w_]*)%s*=%s*()", at)
  if name and not text:find("^=", value) then return name, value end
  local _, word, behind = text:match("^%[%s*([\"'])(.-)%1%s*%]%s*=%s*()", at)
  if word then return word, behind end
  local number, after = text:match("^%[%s*(%d+)%s*%]%s*=%s*()", at)
  if number then return tonumber(number), after end
  return nil, at
end

-- Returns the position of the entry `key` in the table at `at`, and the position of its value.
local function entry(text, at, key)
  local count = 0
  at = skip(text, at + 1)
  while at <= #text and not text:find("^}", at) do
    local name, value = key_at(text, at)
    if not name then
      count = count + 1
      name = count
    end
    if name == key then return at, skip(text, value) end
    at = skip(text, value)
    while at <= #text and not text:find("^[,;}]", at) do at = skip(text, token(text, at)) end
    if text:find("^[,;]", at) then at = skip(text, at + 1) end
  end
end

--- Returns the line of a text that a path leads to.
---@param text string
---@param path (string|integer)[]
---@return integer
function M.line(text, path)
  local open = text:match "^.*%f[%w_]return%s*(){" or text:match "^.*%f[%w_]return%s*[%w_.]+%s*(){"
  local at = open or 1
  for _, key in ipairs(path) do
    if not open or text:sub(open, open) ~= "{" then break end
    local place, value = entry(text, open, key)
    if not place then break end
    at, open = place, value
  end
  return select(2, text:sub(1, at - 1):gsub("\n", "")) + 1
end

return M
