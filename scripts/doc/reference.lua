-- SPDX-License-Identifier: MIT
--
-- Makes the reference of the module "mtr": its functions, the options that they take and the
-- classes of what they return. Options come from the declarations that check them, with range, unit
-- and default; their types and further words come from the annotations.

local check = require "mtr.base.check"
local each = require "mtr.base.each"
local library = require "scripts.doc.library"

local M = {}

-- Classes that only the library itself uses.
local HIDDEN = {}
for name in ("Op Context Limit ForceOptions Event Input JsonlResults WartsResults WartsRecords"
  .. " ServeClient ServeJob"):gmatch "%S+" do HIDDEN["mtr." .. name] = true end

local function join(doc)
  local text = table.concat(doc or {}, " "):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  return text
end

local function sentence(text)
  if text == "" then return "" end
  return text:gsub("^%l", string.upper) .. (text:find "[.:]$" and "" or ".")
end

-- The parameters of a function that have a type, the results and whether it waits.
local function details(doc, skip)
  local parts = {}
  for _, param in ipairs(doc.params) do
    if param.name ~= skip then
      local about = join(param.doc)
      parts[#parts + 1] = ("`%s%s`: `%s`%s"):format(param.name, param.optional and "?" or "",
        param.type, about ~= "" and ", " .. about or "")
    end
  end
  local text = parts[1] and "Parameters: " .. table.concat(parts, "; ") .. "." or ""
  local results = {}
  for _, result in ipairs(doc.returns) do results[#results + 1] = join(result) end
  if results[1] then
    text = text .. (text ~= "" and "\n" or "") .. "Returns: " .. table.concat(results, "; ") .. "."
  end
  if doc.async then
    text = text .. (text ~= "" and "\n" or "") .. "Waits" ..
      (type(doc.async) == "string" and " " .. doc.async or "") .. "."
  end
  return text
end

-- A function, called `name`; `object` is the parameter that stands before the dot or colon.
local function item(name, def, object)
  local args, doc = {}, def.doc or { text = {}, params = {}, returns = {} }
  for _, arg in ipairs(def.args) do
    if arg ~= object then args[#args + 1] = arg end
  end
  local more = details(doc, object)
  return { kind = "item", term = ("`%s(%s)`"):format(name, table.concat(args, ", ")),
    text = join(doc.text) .. (more ~= "" and "\n" .. more or "") }
end

local shown = {}

-- Notes the classes that a text names, so that they are described.
local function note(text, wanted)
  for name in text:gmatch "mtr%.%u%w*" do
    if not wanted[name] and not HIDDEN[name] and not name:find "Entry$" then
      wanted[name] = true
      wanted[#wanted + 1] = name
    end
  end
end

local function note_function(def, wanted)
  if not def.doc then return end
  for _, param in ipairs(def.doc.params) do note(param.type .. join(param.doc), wanted) end
  for _, result in ipairs(def.doc.returns) do note(join(result), wanted) end
  note(join(def.doc.text), wanted)
end

local wanted = {}

local function add_function(blocks, name, def, object)
  blocks[#blocks + 1] = item(name, def, object)
  note_function(def, wanted)
end

-- A module, such as mtr.targets, with what can be called in it.
local function add_module(blocks, name, module)
  for _, member in ipairs(library.members(module)) do
    add_function(blocks, name .. "." .. member.name, member.def)
  end
  local call = library.member(module, "call")
  if call then add_function(blocks, name, call) end
  for _, field in ipairs(library.fields(module)) do
    local args = field.type:match "^fun(%b())"
    args = args and args:gsub("(%w+)%??:[^,)]*", "%1") or ""
    blocks[#blocks + 1] = { kind = "item", term = ("`%s.%s%s`"):format(name, field.name, args),
      text = sentence(join(field.doc)) .. "\n`" .. field.type .. "`" }
    note(field.type, wanted)
  end
end

local left

--- Returns the functions with these names, or those that are left.
---@param names string words, or "rest"
---@return table[] blocks
function M.functions(names)
  left = left or library.top()
  local blocks, list = {}, {}
  if names == "rest" then
    for name in each(left) do list[#list + 1] = name end
    table.sort(list)
  else
    for name in names:gmatch "%S+" do list[#list + 1] = name end
  end
  for _, name in ipairs(list) do
    local entry = left[name] or error("the module mtr has no " .. name, 0)
    left[name] = nil
    if entry.def then add_function(blocks, "mtr." .. name, entry.def)
    else add_module(blocks, "mtr." .. name, entry.module) end
  end
  return blocks
end

-- The range, unit and default of an option.
local function limits(option)
  local parts = {}
  local _, range = option.kind(check)                  -- a value that no option takes
  range = range and range:match "^must be (%-?[%d.]+%.%.[%d.]+)"
    or range and range:match "from (%d+ to %d+ ms)"
  if range then parts[#parts + 1] = range end
  if option.unit and not (range or ""):find(option.unit, 1, true) then
    parts[#parts + 1] = option.unit
  end
  local default = option.default
  if type(default) == "table" then default = ("udp %d, tcp %d"):format(default.udp, default.tcp) end
  if option.needed then parts[#parts + 1] = "must be given"
  elseif default ~= nil then parts[#parts + 1] = "default: " .. tostring(default)
  elseif option.otherwise then parts[#parts + 1] = "default: " .. option.otherwise end
  return table.concat(parts, "; ")
end

--- Returns the options of a declaration; the class has their types, and may say more.
---@param declaration mtr.Declaration
---@param name string of the class
---@param except? mtr.Declaration options that it has too are left out
---@return table[] blocks
function M.options(declaration, name, except)
  shown[name] = true
  local fields, blocks = {}, {}
  for _, field in ipairs(library.class(name).fields) do fields[field.name] = field end
  for _, parent in ipairs(library.class(name).parents) do
    for _, field in ipairs(library.class(parent).fields) do
      fields[field.name] = fields[field.name] or field
    end
  end
  for _, option in ipairs(declaration.names) do
    if not (except and except.by_name[option]) then
      local field, known = fields[option], declaration.by_name[option]
      local about, more = field and join(field.doc) or "", limits(known)
      if about == "" then about = known.doc or "" end
      blocks[#blocks + 1] = { kind = "item", term = "`" .. option .. "`",
        text = ("`%s`. %s%s"):format(field and field.type or "any", sentence(about),
          more ~= "" and " (" .. more .. ")" or "") }
      if field then note(field.type .. about, wanted) end
    end
  end
  return blocks
end

local function add_fields(blocks, class)
  local how = class.name:find "Options$" and ", optional" or " or nil"
  for _, field in ipairs(class.fields) do
    blocks[#blocks + 1] = { kind = "item", term = "`" .. field.name .. "`",
      text = ("`%s`%s. %s"):format(field.type, field.optional and how or "",
        sentence(join(field.doc))) }
    note(field.type .. join(field.doc), wanted)
  end
end

local SELF = { "self", "_", "trace", "engine", "c" }

local function add_class(blocks, name)
  local class = library.class(name)
  if not class or shown[name] then return end
  shown[name] = true
  blocks[#blocks + 1] = { kind = "section", text = name }
  local about, above = join(class.doc), {}
  for _, parent in ipairs(class.parents or {}) do
    if library.class(parent) and not HIDDEN[parent] and not parent:find "Entry$" then
      above[#above + 1] = "`" .. parent .. "`"
      note(parent, wanted)
    end
  end
  if above[1] then
    about = about .. (about ~= "" and " " or "") .. "It also has all of "
      .. table.concat(above, " and ") .. "."
  end
  if class.type then about = about .. " `" .. class.type .. "`" end
  if about ~= "" then blocks[#blocks + 1] = { kind = "text", text = about } end
  note((class.type or "") .. join(class.doc), wanted)
  if not class.fields then return end
  add_fields(blocks, class)
  local object = name:match "%u%w*$":gsub("^Borrowed", ""):lower()
  table.sort(class.methods, function(a, b) return a.name < b.name end)
  for _, method in ipairs(class.methods) do
    local first = method.def.args[1]
    local is_self = method.def.name:find "[.]" and false
    for _, word in ipairs(SELF) do
      if method.def.name:find "%." and first == word then is_self = first end
    end
    add_function(blocks, object .. ":" .. method.name, method.def, is_self or nil)
  end
end

--- Returns all classes that functions, options and other classes name; those that were described as
--- options are not among them.
---@return table[] blocks
function M.classes()
  local blocks, from = {}, 1
  while wanted[from] do
    local section = {}
    add_class(section, wanted[from])
    if section[1] then blocks[#blocks + 1] = section end
    from = from + 1
  end
  table.sort(blocks, function(a, b) return a[1].text < b[1].text end)
  local all = {}
  for _, section in ipairs(blocks) do
    for _, block in ipairs(section) do all[#all + 1] = block end
  end
  return all
end

return M
