-- SPDX-License-Identifier: MIT
--
-- What is wrong with the description of a network, and where: the way to it through the tables and,
-- in a file, the line. The line is found in the text, by walking its tables the way Lua would; in a
-- description that is computed it is that of the last table on the way which is written out.

local M = {}

---@class mtr.SimFault
---@field path (string|integer)[] keys from the outermost table to the one at fault
---@field text string

local Fault = {}

--- Raises a fault, to be caught by M.catch.
---@param path (string|integer)[]
---@param text string
function M.raise(path, text) error(setmetatable({ path = path, text = text }, Fault), 0) end

--- The way to a key, longer by some.
---@return (string|integer)[]
function M.path(path, ...)
  local longer = { unpack(path) }
  for _, key in ipairs { ... } do longer[#longer + 1] = key end
  return longer
end

--- Calls fn(...): true and what it returns, or false and the fault. Other errors go on.
function M.catch(fn, ...)
  local ok, problem = pcall(fn, ...)
  if ok then return true, problem end
  if getmetatable(problem) == Fault then return false, problem end
  error(problem, 0)
end

--- A path as one would write it: nodes.r1.filter[2].port
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

-- Behind the blanks, comments included, at `at`.
local function skip(text, at)
  while true do
    local start = at
    at = text:match("^%s*()", at)
    local level = text:match("^%-%-%[(=*)%[", at)
    if level then
      at = select(2, text:find("]" .. level .. "]", at, true)) or #text
      at = at + 1
    else
      at = text:match("^%-%-[^\n]*()", at) or at
    end
    if at == start then return at end
  end
end

-- Behind one token at `at`: a string, a bracket with all that is in it, or anything else.
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

-- The key of the entry at `at`, if it is written, and where its value begins.
local function key_at(text, at)
  local name, value = text:match("^([%a_][%w_]*)%s*=%s*()", at)
  if name and not text:find("^=", value) then return name, value end
  local _, word, behind = text:match("^%[%s*([\"'])(.-)%1%s*%]%s*=%s*()", at)
  if word then return word, behind end
  local number, after = text:match("^%[%s*(%d+)%s*%]%s*=%s*()", at)
  if number then return tonumber(number), after end
  return nil, at
end

-- Where the entry `key` of the table that opens at `at` is, and where its value begins.
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

--- The line of a file's text that a path leads to.
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
