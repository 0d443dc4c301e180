-- SPDX-License-Identifier: MIT
--
-- Finds circles in the arrows from file to file.
local M = {}

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

---@param arrows table { [file] = { [other file] = why } }
---@return string[] each circle as "a -> b (why) -> a (why)"
function M.find(arrows)
  local list, state, path = {}, {}, {}
  local function tell(from)
    local at = #path
    while path[at] ~= from do at = at - 1 end
    local text = from
    for i = at, #path do
      local next = path[i + 1] or from
      text = ("%s -> %s (%s)"):format(text, next, arrows[path[i]][next])
    end
    list[#list + 1] = text
  end
  local function walk(file)
    state[file] = "open"
    path[#path + 1] = file
    for _, other in ipairs(sorted(arrows[file] or {})) do
      if state[other] == "open" then tell(other) elseif not state[other] then walk(other) end
    end
    path[#path] = nil
    state[file] = "done"
  end
  for _, file in ipairs(sorted(arrows)) do
    if not state[file] then walk(file) end
  end
  return list
end

return M
