-- SPDX-License-Identifier: MIT
--
-- Which Lua file requires which other one. It reads text: a computed require escapes it.
local M = {}

---The text without comments.
function M.strip(text)
  return (text:gsub("%-%-%[(=*)%[.-%]%1%]", " "):gsub("%-%-[^\n]*", " "))
end

---@param code string text without comments
---@param found fun(name: string) called with each module that is required
function M.each(code, found)
  for _, pattern in ipairs {
    "%f[%w_]require%s*%(?%s*[\"']([^\"'\n]*)[\"']",
    "%f[%w_]require%s*%(?%s*%[%[([^%]\n]*)%]%]",
    "pcall%(require,%s*[\"']([^\"'\n]*)[\"']",
  } do
    for name in code:gmatch(pattern) do found(name) end
  end
end

---The two files that a module of ours may be in.
function M.paths(name)
  local path = "lua/" .. name:gsub("%.", "/")
  return path .. ".lua", path .. "/init.lua"
end

---@param files table<string, string> text by path; what is not in lua/ is left alone
---@return table arrows { [file] = { [other file] = the module's name } }
function M.find(files)
  local arrows = {}
  for path, text in pairs(files) do
    if path:find "^lua/.*%.lua$" then
      arrows[path] = {}
      M.each(M.strip(text), function(name)
        local file, init = M.paths(name)
        local target = files[file] and file or init
        if files[target] and target ~= path then arrows[path][target] = name end
      end)
    end
  end
  return arrows
end

return M
