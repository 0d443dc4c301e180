-- SPDX-License-Identifier: MIT
--
-- The head of a Lua file: the licence, a sentence that says what the file is, and the modules that
-- it requires, all written in one way, each local with the name of its module. Pure: the text of a
-- file is an argument. It reads text, not meaning: a computed require escapes it.
local M = {}

-- How many characters of |text| from |at| on are a comment or a string in long brackets or quotes,
-- and whether it is a comment.
local function skipped(text, at)
  local from = text:match("^%-%-()", at) or at
  local equals, body = text:match("^%[(=*)%[()", from)
  if equals then
    local _, stop = text:find("]" .. equals .. "]", body, true)
    return (stop or #text) - at + 1, from > at
  elseif from > at then
    return #text:match("^[^\n]*", at), true
  end
  local quote, stop = text:match("^([\"'])()", at)
  while stop and text:sub(stop, stop) ~= quote and stop <= #text do
    stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
  end
  return stop and stop - at + 1
end

---The code of a text, line by line as there: no comments, and empty strings but for the names of
---modules.
---@param text string
---@return string
function M.code(text)
  local parts, at = {}, 1
  while at <= #text do
    local plain = text:match("^[^%-%[\"']+", at)
    local length, comment = skipped(text, at)
    local part = plain or text:sub(at, at + (length or 1) - 1)
    at = at + #part
    if not plain and length then
      local name = not comment and (parts[#parts] or ""):find "%f[%w_]require%s*%(?%s*$"
      if not name then part = (comment and "" or '""') .. part:gsub("[^\n]", "") end
    end
    parts[#parts + 1] = part
  end
  return table.concat(parts)
end

local function check_sentence(path, lines, fault)
  local first = lines[1]:find "^#!" and 2 or 1
  if lines[first] ~= "-- SPDX-License-Identifier: MIT" or lines[first + 1] ~= "--"
    or not (lines[first + 2] or ""):find "^%-%- %S" then
    fault(first, "no head: the licence, an empty comment, and what the file is")
  elseif lines[first + 2]:find("-- " .. path:match "[^/]*$" .. ":", 1, true) then
    fault(first + 2, "the head begins with the file's name, not with a sentence")
  end
end

-- Statements that may stand above what a file requires, because they decide where it is found or
-- what it does: paths, the compiler, parts of the program around it, and tests whether a module is
-- there.
local EARLY = { "^local [%w_, ]+ = .*%f[%w_]require%f[^%w_]", "rawget%(_G", "arg%[0%]",
  "^local M = {}", "^local [%w_]+$" }

local function early(line)
  for _, pattern in ipairs(EARLY) do
    if line:find(pattern) then return true end
  end
  return line:find "^[%s})]" or not line:find "^local"
    and not line:find "^function" and not line:find "^describe"
end

-- A name as it is compared: of a class without capitals and lines.
local function plain(name) return name:gsub("_", ""):lower() end

-- Whether a local may have this name: that of the module, its plural, or room_name. A module that
-- is not ours may have any name.
local function bears(name, module)
  local room, last = ("." .. module):match "([^.]*)%.([^.]*)$"
  for _, allowed in ipairs { last, last .. "s", last:gsub("y$", "ies"), room .. last } do
    if plain(name) == plain(allowed) then return true end
  end
  return not (module:find "^mtr%." or module:find "^spec%." or module:find "^scripts%.")
end

local function check_requires(lines, fault)
  local below
  for n, line in ipairs(lines) do
    local name, module, field = line:match '^%s*local ([%w_]+) = require "([%w_.]+)"([%w_.]*)$'
    if line:find '%f[%w_]require%s*%(%s*"[^"]*"%s*%)'
      or line:find "%f[%w_]require%s*%(?%s*['%[]" then
      fault(n, 'write require "MODULE"')
    elseif select(2, line:gsub('%f[%w_]require "', "")) > 1 and line:find "^local" then
      fault(n, "two modules in one line")
    elseif line:find '^local [%w_]+, .*= .*%f[%w_]require "' then
      fault(n, "a module beside something else in one line")
    elseif below and line:find '^local [%w_]+ = require "' then
      fault(n, "a module below other code, which begins in line " .. below)
    elseif name and not bears(name, module .. field:gsub("^%.class$", "")) then
      fault(n, ("%s is no name for %s"):format(name, module .. field))
    end
    if not early(line) then below = below or n end
  end
end

local function split(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line:gsub("%s+$", "") end
  return lines
end

---@param path string
---@param text string of a Lua file
---@param report fun(line: integer, message: string) called for each fault
function M.check(path, text, report)
  if text:find "^#!" then text = "--" .. text end
  check_sentence(path, split(text:gsub("^%-%-#!", "#!")), report)
  check_requires(split(M.code(text)), report)
end

return M
