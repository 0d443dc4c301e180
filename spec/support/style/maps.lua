-- SPDX-License-Identifier: MIT
--
-- Whether the maps (the README.md of core, lua, scripts and spec) name what is there and
-- nothing else, whether all documents that files refer to are in the repository, and whether links
-- lead from README.md to each document. Pure: files are given as a table of path and text.
--
-- A map of rooms is a table whose rows begin with a room, "`wait/`", or with a word for the files
-- beside the rooms. In the row each file is in backticks, without its ending.
local M = {}

-- Documents that are not in the repository, by the names that were used for them.
local GONE = { "DES" .. "IGN", "STY" .. "LE%.md", "refer" .. "ence/", "fie" .. "ld%.md" }

-- The rows of a map: { [room] = { [name] = true } }; "" is for files beside the rooms.
local function rows(text)
  local found = {}
  for line in text:gmatch "[^\n]+" do
    local first, rest = line:match "^| ([^|]*) | (.*)|$"
    local room = first and (first:match "^`([%w_/]+)/`" or "")
    if room and not first:find "^%-" then
      found[room] = found[room] or {}
      for name in ((room == "" and first or "") .. rest):gmatch "`([%w_]+)`" do
        found[room][name] = true
      end
    end
  end
  return found
end

-- The first table of rooms only: what stands before the next heading.
local function rooms_of(text)
  local from = text:find "| room | its files |"
  return from and rows(text:sub(from, (text:find("\n#", from, true) or 0) - 1)) or {}
end

local function check_rooms(files, map, top, fault)
  local named, there = rooms_of(files[map] or ""), {}
  for path in pairs(files) do
    local name = path:match("^" .. top .. "(.*)%.[chlua]+$")
    if name then
      local room, file = name:match "^(.*)/([^/]*)$"
      room, file = room or "", file or name
      there[room] = there[room] or {}
      there[room][file] = true
      if not (named[room] or {})[file] then fault(map, ": does not name ", path) end
    end
  end
  for room, names in pairs(named) do
    for name in pairs(names) do
      if not (there[room] or {})[name] then
        fault(map, ": names ", room, room == "" and "" or "/", name, ", which is not there")
      end
    end
  end
end

local function check_scripts(files, fault)
  local map = "scripts/README.md"
  local named = {}
  for name in (files[map] or ""):gmatch "\n| `([%w_-]+)` |" do
    named[name] = true
    if not files["scripts/" .. name .. ".lua"] then
      fault(map, ": names ", name, ", which is not there")
    end
  end
  for path in pairs(files) do
    local name = path:match "^scripts/([^/]*)%.lua$"
    local room = path:match "^scripts/([^/]*/)"
    if room and not (files[map] or ""):find("`" .. room, 1, true) then
      fault(map, ": does not name ", path)
    end
    if name and not named[name] then fault(map, ": does not name ", path) end
  end
end

-- A directory of unit specs has the place of the one that they are about.
local function check_spec(files, fault)
  local map = "spec/README.md"
  local dirs = {}
  for path in pairs(files) do
    local dir = path:match "^(.*)/"
    while dir do
      dirs[dir] = true
      dir = dir:match "^(.*)/"
    end
  end
  for dir in pairs(dirs) do
    local name = dir:match "^spec/.*%f[^/]([^/]+)$"
    local about = dir:gsub("^spec/unit/lua", "lua/mtr"):gsub("^spec/unit", "core")
    if name and not dirs[about ~= dir and about or ""]
      and not files[map]:find("`" .. name .. "/`", 1, true) then
      fault(map, ": does not name ", dir, "/")
    end
  end
  for name in files[map]:gmatch "\n| `([%w_]+)/`" do
    if not dirs["spec/" .. name] and not dirs["spec/support/" .. name] then
      fault(map, ": names ", name, "/, which is not there")
    end
  end
end

-- The path that a link of a document leads to: of "../b/c" in a/d it is b/c.
local function resolve(from, link)
  local path, shorter = nil, (from:match "^(.*/)" or "") .. link
  while path ~= shorter do
    path, shorter = shorter, shorter:gsub("[^/]+/%.%./", "", 1)
  end
  return path
end

local function check_documents(files, path, fault)
  for _, pattern in ipairs(GONE) do
    local word = files[path]:match("%f[%w]" .. pattern)
    if word then fault(path, ": refers to ", word) end
  end
  for name in files[path]:gmatch "[%w_%.%-/]+%.md%f[^%w_]" do
    local base = name:match "[^/]+$"
    local beside = resolve(path, name)
    if base ~= "README.md" and not files[name] and not files[beside] then
      fault(path, ": refers to ", name)
    end
  end
end

-- Pages of the manual are no documents of the tree: `make doc` makes one text of them.
local function check_links(files, fault)
  local linked = { ["README.md"] = true }
  local waiting = { "README.md" }
  while waiting[1] do
    local from = table.remove(waiting)
    for link in (files[from] or ""):gmatch "%]%(([^)#%s]+)[^)]*%)" do
      local to = resolve(from, link)
      if not files[to] then fault(from, ": has a link to ", link) end
      if to:find "%.md$" and not linked[to] then
        linked[to] = true
        waiting[#waiting + 1] = to
      end
    end
  end
  for path in pairs(files) do
    if path:find "%.md$" and not linked[path] and not path:find "^scripts/doc/" then
      fault("README.md: leads to no link to ", path)
    end
  end
end

---The rooms in the picture of a map, lowest first. The picture is the first part of the text that
---is indented; each of its lines begins with a room, such as "wait/", or with a file. A line of "="
---is none.
---@param text string
---@return string[]
function M.picture(text)
  local rooms = {}
  for line in ("\n" .. text):match("(\n    .-)\n\n"):gmatch "[^\n]+" do
    local room = line:match "^    ([%w_/.]+)%f[%s]"
    if room then table.insert(rooms, 1, room) end
  end
  return rooms
end

---What is wrong, in order.
---@param files table<string, string> the whole tree
---@return string[]
function M.check(files)
  local faults = {}
  local function fault(...) faults[#faults + 1] = table.concat { ... } end
  check_rooms(files, "core/README.md", "core/", fault)
  check_rooms(files, "lua/README.md", "lua/mtr/", fault)
  check_scripts(files, fault)
  check_spec(files, fault)
  check_links(files, fault)
  for path in pairs(files) do check_documents(files, path, fault) end
  table.sort(faults)
  return faults
end

return M
