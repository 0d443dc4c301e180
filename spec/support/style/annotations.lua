-- SPDX-License-Identifier: MIT
--
-- Reads the LuaLS annotations of a source file, and computes those that the options of a
-- declaration should have.
local M = {}

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

--- The fields that a class declares itself: types by name, "?" for those that may be nil.
---@param path string from the top of the tree
---@param class string
---@param fields? table<string, { type: string, optional: boolean }> those of its parent
---@return table<string, { type: string, optional: boolean }>
function M.fields(path, class, fields)
  local found = false
  fields = fields or {}
  for line in read(path):gmatch "[^\n]*" do
    if found and not line:find "^%-%-%-" and line ~= "" then break end
    if found and line:find "^%-%-%-@class" then break end
    if line:match "^%-%-%-@class ([%w_.]+)" == class then found = true end
    local name, optional, rest = line:match "^%-%-%-@field ([%w_]+)(%??) (.*)"
    if found and name then fields[name] = { type = rest, optional = optional == "?" } end
  end
  assert(found, path .. " has no class " .. class)
  return fields
end

-- The type of what a kind takes, by what it says that it wants.
local TYPES = {
  { "^must be %-?%d+%.%.%d+$", "integer" }, { "^must be a duration", "number|string" },
  { "^must be a rate", "number|string" }, { "^must be a boolean", "boolean" },
  { "^must be a string", "string" }, { "^must be an IP", "string" },
  { "^must be an absolute path", "string" }, { "^must be the name of an? %l+$", "string" },
}

--- How the type of an option begins in an annotation; nil when only the source knows.
---@param option mtr.Option
---@return string?
function M.type(option)
  if option.words then return '"' .. table.concat(option.words, '"|"') .. '"' end
  local _, wanted = option.kind(M)
  for _, case in ipairs(TYPES) do
    if wanted and wanted:find(case[1]) then return case[2] end
  end
end

--- What differs between options and the fields of their class, as lines of text.
---@param declaration mtr.Declaration
---@param names string[] of the options that the class is to have
---@param fields table<string, { type: string, optional: boolean }>
---@return string[]
function M.differences(declaration, names, fields)
  local wrong, known = {}, {}
  for _, name in ipairs(names) do
    local option, field = declaration.by_name[name], fields[name]
    known[name] = true
    if not field then
      wrong[#wrong + 1] = name .. " is no field"
    else
      local kind = M.type(option)
      if kind and field.type ~= kind and field.type:sub(1, #kind + 1) ~= kind .. " " then
        wrong[#wrong + 1] = ("%s is %s, not %s"):format(name, kind, field.type)
      end
      if field.optional == (option.needed == true) then
        wrong[#wrong + 1] = name .. (option.needed and " is needed" or " is optional")
      end
    end
  end
  for name in pairs(fields) do
    if not known[name] then wrong[#wrong + 1] = name .. " is no option" end
  end
  table.sort(wrong)
  return wrong
end

--- What is wrong with how options are declared, compared with the defaults of the library.
---@param declaration mtr.Declaration
---@param given fun(option: mtr.Option): any, any the library's default of an option with a place in
---its struct, and what stands for none there
---@return string[]
function M.undeclared(declaration, given)
  local wrong = {}
  for _, name in ipairs(declaration.names) do
    local option = declaration.by_name[name]
    local default, ways = option.default, 0
    for _, key in ipairs { "default", "otherwise", "needed" } do
      if option[key] ~= nil then ways = ways + 1 end
    end
    if ways ~= 1 then wrong[#wrong + 1] = name .. " has no default, or two" end
    if #option.doc < 6 or option.doc:find "default" then
      wrong[#wrong + 1] = name .. ": its words must say what it is, and not its default"
    end
    if type(default) == "table" then default = default.udp end
    local value, none = given(option)
    local wanted = none
    if default ~= nil then wanted = option.kind(default) end
    if value ~= nil and value ~= wanted then
      wrong[#wrong + 1] = ("%s is %s, the library says %s"):format(
        name, tostring(wanted), tostring(value))
    end
  end
  return wrong
end

return M
