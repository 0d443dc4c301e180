-- SPDX-License-Identifier: MIT
--
-- All files of lua/mtr together: which function a name of the module "mtr" stands for, and what the
-- classes have. A function is public if it has a comment with three dashes and no @private.

local annotations = require "scripts.doc.annotations"
local each = require "mtr.base.each"   -- and not pairs(), in whose loops LuaJIT may lose some

local M = {}

local files, classes, aliases = {}, {}, {}

local function exists(path)
  local file = io.open(path)
  return file and file:close() and path
end

local function path_of(module)
  local base = "lua/" .. module:gsub("%.", "/")
  return exists(base .. ".lua") or exists(base .. "/init.lua")
end

-- A class can be declared in several files, each of which adds to it.
local function merge(class)
  local known = classes[class.name]
  if not known then
    classes[class.name] = class
    return
  end
  for _, list in ipairs { "parents", "fields", "doc" } do
    for _, entry in ipairs(class[list]) do table.insert(known[list], entry) end
  end
end

--- Reads all files.
---@param paths string[]
function M.read(paths)
  for _, path in ipairs(paths) do
    files[path] = annotations.read(path)
    for _, class in ipairs(files[path].classes) do merge(class) end
    for _, alias in ipairs(files[path].aliases) do aliases[alias.name] = alias end
  end
  for _, path in ipairs(paths) do M.methods(files[path]) end
end

-- Follows a name such as "task.go" in a file to the function that it stands for.
local function follow(file, expression)
  local known = file.functions[expression]
  if known then return known end
  local object, name = expression:match "^([%w_]+)[.:]([%w_]+)$"
  local module = object and file.requires[object]
  if module and path_of(module) then return M.member(module, name) end
  local other = file.assigned[expression]
  return other and other ~= expression and follow(file, other) or nil
end

--- Finds the function that a module has by a name.
---@param module string
---@param name string
---@return table?
function M.member(module, name)
  local file = files[path_of(module) or ""]
  return file and (follow(file, "M." .. name) or file.functions[name])
end

--- Returns the functions of a module, in alphabetical order, without the private ones.
---@param module string
---@return { name: string, def: table }[]
function M.members(module)
  local file, list = files[path_of(module)], {}
  local function add(name, def)
    local own = name:match "^M%.([%w_]+)$"
    if own and def and def.doc and not def.doc.private then
      list[#list + 1] = { name = own, def = def }
    end
  end
  for name, def in each(file.functions) do add(name, def) end
  for name, value in each(file.assigned) do add(name, follow(file, value)) end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- Returns the fields of the class that the table of a module has.
---@param module string
---@return table[]
function M.fields(module)
  local class = classes[files[path_of(module)].class_of.M or ""]
  return class and class.fields or {}
end

--- Adds the methods in a file to their classes.
---@param file table
function M.methods(file)
  local function add(target, def)
    local object, name = target:match "^(%w+)[.:]([%w_]+)$"
    local class = object and classes[file.class_of[object] or ""]
    if class and def and def.doc and not def.doc.private then
      table.insert(class.methods, { name = name, def = def })
    end
  end
  for name, def in each(file.functions) do add(name, def) end
  for name, value in each(file.assigned) do add(name, follow(file, value)) end
end

--- Returns everything in the module "mtr": functions, and modules with functions of their own.
---@return table<string, { def: table?, module: string? }>
function M.top()
  local file, all = files["lua/mtr/init.lua"], {}
  for name, def in each(file.functions) do
    local own = name:match "^M%.([%w_]+)$"
    if own then all[own] = { def = def } end
  end
  for target, value in each(file.assigned) do
    local own = target:match "^M%.([%w_]+)$"
    if own then
      local module = file.requires[value]
      all[own] = { def = not module and follow(file, value) or nil, module = module }
    end
  end
  for _, lazy in ipairs(file.lazy) do
    local def = lazy.member and M.member(lazy.module, lazy.member)
    if not lazy.member then
      local other = files[path_of(lazy.module)]
      def = other.functions["return"] or other.functions.new
    end
    all[lazy.name] = { def = def, module = not def and lazy.module or nil }
  end
  return all
end

--- Returns a class or an alias of a type.
---@param name string
---@return table?
function M.class(name) return classes[name] or aliases[name] end

return M
