-- SPDX-License-Identifier: MIT
--
-- Whether each source file has a unit spec of its name or is in the list of those
-- that another spec covers. Pure: files are given as a table of path and text.
local M = {}

-- Only declarations, for editors and readers: there is nothing to run.
local META = "%-%-%-@meta"

---The path of the unit spec of a source file; nil for what needs none.
---@param path string
---@param text string
---@return string?
function M.spec_of(path, text)
  local lua = path:match "^lua/mtr/(.*)%.lua$"
  if lua then return not text:find(META) and "spec/unit/lua/" .. lua .. "_spec.lua" or nil end
  local c = path:match "^core/(.*)%.c$"
  return c and "spec/unit/" .. c .. "_spec.lua"
end

---What is wrong, in order.
---@param files table<string, string>  sources and specs
---@param covered table<string, { [1]: string, [2]: string }>  source -> spec and words of it
---@return string[]
function M.check(files, covered)
  local faults = {}
  local function fault(...) faults[#faults + 1] = table.concat({ ... }) end
  for path, text in pairs(files) do
    local own = M.spec_of(path, text)
    if own and not files[own] and not covered[path] then
      fault(path, ": no ", own, ", and no spec that covers it is listed")
    end
  end
  for path, entry in pairs(covered) do
    local spec, words = entry[1], entry[2]
    local own = files[path] and M.spec_of(path, files[path])
    if not files[path] then
      fault(path, ": listed, but there is no such file")
    elseif not own or files[own] then
      fault(path, ": listed, but it ", own and "has " .. own or "needs no spec")
    elseif not files[spec] then
      fault(path, ": there is no ", spec)
    elseif not files[spec]:find(words, 1, true) then
      fault(path, ": ", spec, " does not say ", words)
    end
  end
  table.sort(faults)
  return faults
end

return M
