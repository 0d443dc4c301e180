-- SPDX-License-Identifier: MIT
--
-- Reads the LuaLS annotations of one file of Lua: its classes, its functions, and what it assigns
-- and requires. It knows the layout of this tree: a definition begins its line, and its comment of
-- lines with three dashes stands right above it.

local M = {}

local OPEN = { ["("] = true, ["{"] = true, ["["] = true, ["<"] = true }

--- Splits "type rest": a type ends at a blank outside of brackets, but for one after , : or |.
---@param text string
---@return string type
---@return string rest
function M.split(text)
  local depth, quoted = 0, false
  for i = 1, #text do
    local c = text:sub(i, i)
    if c == '"' then quoted = not quoted
    elseif not quoted and OPEN[c] then depth = depth + 1
    elseif not quoted and c:find "[)}%]>]" then depth = depth - 1
    elseif c == " " and depth == 0 and not quoted and not text:sub(i - 1, i - 1):find "[,:|]" then
      return text:sub(1, i - 1), text:sub(i + 1)
    end
  end
  return text, ""
end

local tags = {}

function tags.class(doc, text)
  local name, rest = text:match "^([%w_.]+)(.*)$"
  local parents, about = rest:match "^: *(.*)$", rest:match "^ +(.*)$"
  local class = { name = name, parents = {}, doc = doc.text, fields = {}, methods = {} }
  for parent in (parents or ""):gmatch "[%w_.]+" do class.parents[#class.parents + 1] = parent end
  if about then class.doc = { about } end
  doc.class, doc.text = class, {}
  doc.classes[#doc.classes + 1] = class
  return class.doc
end

function tags.alias(doc, text)
  local name, rest = text:match "^([%w_.]+) ?(.*)$"
  doc.aliases[#doc.aliases + 1] = { name = name, type = rest, doc = doc.text }
  doc.text = {}
  return {}
end

local function named(list, text)
  local name, optional, rest = text:match "^([%w_.]+)(%??) ?(.*)$"
  if not name then return {} end
  local kind, about = M.split(rest)
  local entry = { name = name, optional = optional == "?", type = kind, doc = { about } }
  list[#list + 1] = entry
  return entry.doc
end

function tags.field(doc, text)
  if text:find "^private " then return {} end
  return named(doc.class.fields, text)
end
function tags.param(doc, text) return named(doc.params, text) end
tags["return"] = function(doc, text)
  doc.returns[#doc.returns + 1] = { text }
  return doc.returns[#doc.returns]
end
function tags.async(doc, text)
  doc.async = text ~= "" and text or true
  return {}
end
function tags.private(doc)
  doc.private = true
  return {}
end

-- Reads the lines of one comment.
local function comment(lines)
  local doc = { text = {}, classes = {}, aliases = {}, params = {}, returns = {} }
  local into = doc.text
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^%-%-%-@(%l+) ?(.*)$"
    if tag then
      into = tags[tag] and tags[tag](doc, rest) or {}
    else
      -- What follows a class without a tag is a new text, unless it goes on with a field.
      into[#into + 1] = line:match "^%-%-%-%s?(.*)$"
    end
  end
  return doc
end

local function words(text)
  local list = {}
  for word in text:gmatch "[^,%s][^,]*" do list[#list + 1] = word:match "^(.-)%s*$" end
  return list
end

-- Notes what a line of code defines, with the comment above it.
local function code(file, line, doc)
  local name, args = line:match "^function ([%w_.:]+)%((.-)%)"
  if not name then name, args = line:match "^local function ([%w_]+)%((.-)%)" end
  if not name then
    args = line:match "^return function%((.-)%)"
    name = args and "return"
  end
  if not name then
    args = line:match "^return setmetatable%(M, { __call = function%(_, (.-)%)"
    name = args and "call"
  end
  local object, module = line:match "^local ([%w_]+) = require%(?%s*\"([%w_.]+)\""
  local left, right = line:gsub("%s+%-%-.*$", ""):match "^(%a[%w_., ]*) = ([%w_., ]+)$"
  if name then
    file.functions[name] = { name = name, args = words(args), doc = doc }
  elseif object then
    file.requires[object] = module
  elseif left then
    local values = words(right)
    for i, target in ipairs(words(left)) do file.assigned[target:match "%S+$"] = values[i] end
  end
  local lazy, from = line:match "^function LAZY%.(%w+)%(%) return require%(?%s*\"([%w_.]+)\"",
    line:match "^function LAZY.*\"%)?%.([%w_]+) end$"
  if lazy then
    file.lazy[#file.lazy + 1] = { name = lazy, module = line:match "\"([%w_.]+)\"", member = from }
  end
  local table_name = line:match "^local (%w+) ?="
  if table_name and doc and doc.class then file.class_of[table_name] = doc.class.name end
end

--- Reads a file.
---@param path string
---@return table
function M.read(path)
  local file = { path = path, classes = {}, aliases = {}, functions = {}, requires = {},
    assigned = {}, class_of = {}, lazy = {}, returned = "M" }
  local lines = {}
  for line in io.lines(path) do
    if line:find "^%-%-%-" and not line:find "^%-%-%-%-" then
      lines[#lines + 1] = line
    else
      local doc = lines[1] and comment(lines) or nil
      for _, class in ipairs(doc and doc.classes or {}) do
        file.classes[#file.classes + 1] = class
      end
      for _, alias in ipairs(doc and doc.aliases or {}) do
        file.aliases[#file.aliases + 1] = alias
      end
      code(file, line, doc)
      lines = {}
    end
  end
  return file
end

return M
