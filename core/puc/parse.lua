-- SPDX-License-Identifier: MIT
--
-- Reads the C declarations of mtr.h and lua/mtr/foreign.lua: enums, structs of numbers,
-- arrays and pointers, unions without a name, and functions. It is no C compiler: comments are gone
-- before, and a declaration that it does not know gives C that does not compile.

local M = {}

M.NUMBERS = {
  char = "INT", int8_t = "INT", int16_t = "INT", int32_t = "INT", int64_t = "INT", int = "INT",
  intptr_t = "INT", uint8_t = "UINT", uint16_t = "UINT", uint32_t = "UINT", uint64_t = "UINT",
  unsigned = "UINT", ["unsigned long"] = "UINT", float = "FLOAT", double = "FLOAT",
}

local NUMBERS = M.NUMBERS

-- All types in order, { name, kind, target, readonly, fields }, and their places from 0.
M.types = {}
local types, index = M.types, {}

local function add(type)
  if not index[type.name] then
    types[#types + 1], index[type.name] = type, #types
  end
  return index[type.name]
end

for _, name in ipairs { "char", "uint8_t", "int32_t", "uint32_t" } do
  add { name = name, kind = NUMBERS[name] }
end

function M.trim(text) return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")) end

-- Reads "const uint8_t *name[16]": returns the type without const and name, how many pointers, the
-- name, the length of an array, and whether it points to const.
function M.declarator(text)
  text = M.trim(text)
  local length = text:match "%[(.-)%]$"
  text = text:gsub("%[.-%]$", "")
  local const = text:find "^const " ~= nil
  text = text:gsub("^const ", "")
  local base, stars, name = text:match "^([%w_ ]-) ?(%*+) ?([%w_]*)$"
  if not base then
    stars = ""
    base, name = text:match "^(.-) ?([%w_]*)$"
    if base == "" or NUMBERS[text] then base, name = text, "" end
  end
  return base, #stars, name, length, const
end

function M.type_of(base)
  if index[base] then return index[base] end
  if NUMBERS[base] then return add { name = base, kind = NUMBERS[base] } end
  if base == "void" then return add { name = "void", kind = "OPAQUE" } end
  return add { name = base, kind = "OPAQUE" }
end

--- The kind of a type, by its place.
function M.kind(type) return types[type + 1].kind end

-- The type of a pointer that is itself in memory.
function M.pointer_to(base, const)
  local target = M.type_of(base)
  return add { name = base .. " *", kind = "POINTER", target = target, readonly = const }
end

local function members(name, body)
  local fields = {}
  body = body:gsub("union%s*(%b{})%s*;", function(inside) return inside:sub(2, -2) end)
  for line in body:gmatch "([^;]+);" do
    local first = true
    local base, const
    for part in line:gmatch "[^,]+" do
      local full = first and part or base .. " " .. part
      local b, stars, field, length, c = M.declarator(full)
      if first then base, const, first = b, c, false end
      fields[#fields + 1] = { name = field, length = length,
        type = stars > 0 and M.pointer_to(b, const) or M.type_of(b) }
    end
  end
  add { name = name, kind = "STRUCT", fields = fields }
  local type = types[index[name] + 1]
  type.kind, type.fields = "STRUCT", fields
end

local function parameters(text)
  local list = {}
  for part in text:gmatch "[^,]+" do
    if M.trim(part) ~= "void" then
      local base, stars, name, _, const = M.declarator(part)
      list[#list + 1] = { base = base, stars = stars, const = const,
        name = name ~= "" and name or "arg" .. #list + 1 }
    end
  end
  return list
end

--- Reads one text of declarations. Returns the names of its constants and its functions:
--- { head = text in front of the name, name, symbol, base, stars, const, parameters }.
---@param text string
---@return { constants: string[], functions: table[] }
function M.read(text)
  local list = { functions = {}, constants = {} }
  text = text:gsub("enum%s*(%b{})%s*;", function(body)
    for item in body:sub(2, -2):gmatch "[^,]+" do
      list.constants[#list.constants + 1] = item:match "([%w_]+)"
    end
    return ""
  end)
  text = text:gsub("(struct [%w_]+)%s*(%b{})%s*;", function(name, body)
    members(name, body:sub(2, -2))
    return ""
  end)
  text = text:gsub("typedef struct [%w_]+ ([%w_]+);", function(name)
    M.type_of(name)
    return ""
  end)
  for head, name, params, rest in text:gmatch "([%w_ ]-[ *]+)([%w_]+)%s*(%b())([^;]*);" do
    local base, stars, _, _, const = M.declarator(head .. " x")
    list.functions[#list.functions + 1] = { head = M.trim(head), name = name, base = base,
      symbol = rest:match '__asm__%("([%w_]+)"%)' or name, stars = stars, const = const,
      parameters = parameters(params:sub(2, -2)) }
  end
  return list
end

return M
