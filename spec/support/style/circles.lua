-- SPDX-License-Identifier: MIT
--
-- Lua modules that require each other in a circle, straight or through others. The rooms have an
-- order of their own (floors.lua), so a circle can only be inside a room. It reads text: a computed
-- require escapes it.
local M = {}

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function requires(text, found)
  local code = text:gsub("%-%-%[(=*)%[.-%]%1%]", " "):gsub("%-%-[^\n]*", " ")
  for name in code:gmatch "%f[%w_]require%s*%(?%s*[\"']([^\"'\n]+)[\"']" do found(name) end
end

--- The circles, each as a line of text.
---@param files table<string, string> text by path from the top of the tree
---@return string[]
function M.check(files)
  local uses, names, list = {}, {}, {}
  for path, text in pairs(files) do
    local name = module_of(path)
    uses[name], names[#names + 1] = {}, name
    requires(text, function(other) table.insert(uses[name], other) end)
  end
  table.sort(names)
  local done, way, at = {}, {}, {}
  local function visit(name)
    if at[name] then
      list[#list + 1] = table.concat(way, " -> ", at[name]) .. " -> " .. name
    elseif uses[name] and not done[name] then
      way[#way + 1], at[name] = name, #way + 1
      for _, other in ipairs(uses[name]) do visit(other) end
      way[#way], at[name], done[name] = nil, nil, true
    end
  end
  for _, name in ipairs(names) do visit(name) end
  return list
end

return M
