-- SPDX-License-Identifier: MIT
--
-- The floors of the tree, and which floor may use which. check(files) takes { [path] = text } and
-- returns the list of violations, as lines of text.
--
-- It reads text, not meaning: a call through a macro or a computed require escapes it.
local arrows = require "spec.support.style.arrows"
local circles = require "spec.support.style.circles"
local requires = require "spec.support.style.requires"

local M = {}

-- The rooms of C, lowest first: a directory or a file. Files use rooms before their own, and in
-- their own room each other, but not in a circle.
local c_rooms = { "core/base", "core/wire", "core/probe", "core/net", "core/net/host",
  "core/net/raw", "core/sockets", "core/net/packet", "core/net/mtrpacket", "core/net/user",
  "core/net/sim", "core/net/tape", "core/loop", "core/api", "core/program", "core/puc",
  "core/main.c" }

-- What files may not call up to the room |upto| or from the room |from| on, and those that may all
-- the same.
local network = { "socket", "sendto", "sendmsg", "sendmmsg", "recvmsg", "recvmmsg", "setsockopt",
  "bind", "connect" }
local calls = {
  { upto = "core/probe", why = "reads a clock", "clock_gettime", "gettimeofday", "time", "clock" },
  { upto = "core/probe", why = "does stdio", "printf", "fprintf", "snprintf", "puts", "fopen",
    "perror" },
  { upto = "core/probe", why = "allocates",
    allowed = { ["core/base/slab.c"] = true, ["core/base/huge.c"] = true,
      ["core/base/heap.c"] = true },
    "malloc", "calloc", "realloc", "free", "mmap", "munmap", "strdup" },
  { upto = "core/probe", why = "takes chance from outside", "rand", "random", "getrandom" },
  { upto = "core/probe", why = "uses the network", unpack(network) },
  { from = "core/loop", why = "uses the network", unpack(network) },
}

-- The rooms of Lua, likewise.
local lua_rooms = { "lua/mtr/compat.lua", "lua/mtr/foreign.lua", "lua/mtr/lib.lua",
  "lua/mtr/base", "lua/mtr/host", "lua/mtr/wait", "lua/mtr/record",
  "lua/mtr/strategy/builtin/parts", "lua/mtr/strategy/builtin", "lua/mtr/strategy",
  "lua/mtr/trace", "lua/mtr/sim", "lua/mtr/engine", "lua/mtr/report/output",
  "lua/mtr/report/warts", "lua/mtr/report/scamper", "lua/mtr/report/atlas",
  "lua/mtr/report/read", "lua/mtr/names", "lua/mtr/report/html", "lua/mtr/report",
  "lua/mtr/targets", "lua/mtr/campaign", "lua/mtr/script", "lua/mtr/screen", "lua/mtr/live",
  "lua/mtr/change", "lua/mtr/fleet", "lua/mtr/serve", "lua/mtr/attach", "lua/mtr/cli.lua",
  "lua/mtr/init.lua", "lua/mtr/sandbox", "lua/mtr/main.lua" }

-- Modules that are no files of lua/: who alone may require them, or true.
local made = { ["mtr.cdef"] = "lua/mtr/lib.lua", ["mtr.ffi"] = "lua/mtr/compat.lua",
  ["mtr.program"] = true, ["mtr.report.html.page"] = "lua/mtr/report/html.lua" }
local scripts_may = { mtr = true, cjson = true, argparse = true,
  ["socket.unix"] = true, ["mtr.nvim"] = true, health = true, luv = true }

-- The rooms, lowest first.
M.rooms = { core = c_rooms, lua = lua_rooms }

local place = {}
for _, rooms in pairs(M.rooms) do
  for i, room in ipairs(rooms) do
    place[room] = i
    place[room:gsub("%.c$", "")] = i        -- as arrows name it
  end
end

-- The room of a path, by number and by name: the longest of the list that it lies in.
local function room_of(path)
  local room = path
  while room and not place[room] do room = room:match("^(.*)/") end
  return place[room], room
end

local function forbidden(rule, room, path)
  return not (rule.allowed and rule.allowed[path])
    and (not rule.upto or room <= place[rule.upto]) and (not rule.from or room >= place[rule.from])
end

local function check_c(files, path, text, report)
  local room, name = room_of(path)
  if path == "core/mtr.h" then
    if text:find('#include%s*"') then
      report(path, "includes something of ours")
    end
    return
  elseif not room then
    return report(path, "is in no room")
  end
  for other in text:gmatch('#%s*include%s*"([^"\n]*)"') do
    local target = arrows.included(files, path, other)
    if target == "core/mtr.h" then
      if room < place["core/probe"] then
        report(path, "includes mtr.h below probe")
      end
    elseif not room_of(target) then
      report(path, "includes " .. other .. ", which is in no room")
    elseif room_of(target) > room then
      report(path, "includes " .. other .. " from above")
    end
  end
  if text:find("#include%s*<uv") and name ~= "core/loop" and path ~= "core/program/about.c" then
    report(path, "includes uv.h")
  end
  local asks = name == "core/loop" or path:find "^core/net/host/nameserver%."
  if text:find("#include%s*<ares") and not asks then report(path, "includes ares.h") end
  local code = arrows.strip(text)
  for _, rule in ipairs(calls) do
    for _, call in ipairs(rule) do
      if forbidden(rule, room, path) and code:find("%f[%w_]" .. call .. "%s*%(") then
        report(path, rule.why .. " with " .. call)
      end
    end
  end
end

-- No call may go to a room above, whatever header declares the function.
local function check_calls(found, report)
  for from, list in pairs(found) do
    local room = room_of(from)
    for to, why in pairs(list) do
      local other = room_of(to)
      if room and other and other > room and not why:find("/") then
        report(from, ("uses %s of %s from above"):format(why, to))
      end
    end
  end
end

-- Arrows between files of one room must not go in a circle. Between rooms they cannot, as they all
-- go down.
local function check_circles(found, report)
  local inside = {}
  for from, list in pairs(found) do
    local _, name = room_of(from)
    inside[from] = {}
    for to, why in pairs(list) do
      local _, other = room_of(to)
      if name and name == other then inside[from][to] = why end
    end
  end
  for _, circle in ipairs(circles.find(inside)) do
    report("circle", circle)
  end
end

local function check_lua(path, text, report)
  local room = room_of(path)
  local code = requires.strip(text)
  if not room then
    return report(path, "is in no room")
  end
  requires.each(code, function(name)
    local file, init = requires.paths(name)
    local other = room_of(file) or room_of(init)
    if made[name] then
      if made[name] ~= true and made[name] ~= path then report(path, "requires " .. name) end
    elseif name:find "^mtr%f[.%z]" and not other then
      report(path, "requires " .. name .. ", which is in no room")
    elseif other and other > room then
      report(path, "requires " .. name .. " from above")
    end
  end)
  local raw = code:find "ffi%.cdef" or code:find "%.cdef%s*[%(%[]" or code:find "ffi%.load"
  if raw and path ~= "lua/mtr/lib.lua" then
    report(path, "uses ffi.cdef or ffi.load")
  end
end

-- What writes the manuals reads the library itself; programs and examples use it as a user does.
local function check_script(path, text, report)
  local writes = path:find "^scripts/doc/"
  requires.each(requires.strip(text), function(name)
    local within = name:find "^mtr%." or name:find "^scripts%.doc%."
    if not scripts_may[name] and not (writes and within) then
      report(path, "requires " .. name)
    end
  end)
end

---@param files table<string, string> text by path from the top of the tree
---@return string[] violations, sorted
function M.check(files)
  local list = {}
  local function report(path, what)
    list[#list + 1] = path .. ": " .. what
  end
  for path, text in pairs(files) do
    if path:find("^core/.*%.[ch]$") then
      check_c(files, path, text, report)
    elseif path:find("^lua/.*%.lua$") then
      check_lua(path, text, report)
    elseif path:find("^scripts/.*%.lua$") then
      check_script(path, text, report)
    end
  end
  local calls_of = arrows.find(files)
  check_calls(calls_of, report)
  check_circles(calls_of, report)
  check_circles(requires.find(files), report)
  table.sort(list)
  return list
end

local top = { core = 1, lua = 1, scripts = 1, spec = 1, build = 1, Makefile = 1, LICENSE = 1,
  ["README.md"] = 1 }

---@param names string[] what is in the top directory
---@return string[] those that do not belong there
function M.strangers(names)
  local list = {}
  for _, name in ipairs(names) do
    if not top[name] and name:sub(1, 1) ~= "." then
      list[#list + 1] = name
    end
  end
  return list
end

return M
