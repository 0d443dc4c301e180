-- SPDX-License-Identifier: MIT
--
-- The floors of the tree (DESIGN section 2) and who may use what. check(files) takes
-- { [path] = text } and returns the list of violations, as lines of text.
--
-- It reads text, not meaning: a call through a macro or a computed require escapes it.
local M = {}

-- C, lowest first. A directory, or a file directly in core/.
local c_floors = { "base", "wire", "probe", "net", "loop", "api", "mtr.c", "program", "main.c" }

-- What only some floors may call, and the files that may all the same.
local pure = { base = true, wire = true, probe = true }
local above_net = { loop = true, api = true, ["mtr.c"] = true, program = true, ["main.c"] = true }
local calls = {
  { floors = pure, why = "reads a clock", "clock_gettime", "gettimeofday", "time", "clock" },
  { floors = pure, why = "does stdio", "printf", "fprintf", "snprintf", "puts", "fopen", "perror" },
  { floors = pure, why = "allocates",
    allowed = { ["core/base/slab.c"] = true, ["core/base/huge.c"] = true,
      ["core/base/heap.c"] = true },
    "malloc", "calloc", "realloc", "free", "mmap", "munmap", "strdup" },
  { floors = pure, why = "takes chance from outside", "rand", "random", "getrandom" },
  { floors = pure, why = "uses the network", "socket", "sendto", "sendmsg", "sendmmsg", "recvmsg",
    "recvmmsg", "setsockopt", "bind", "connect" },
  { floors = above_net, why = "uses the network", "socket", "sendto", "sendmsg", "sendmmsg",
    "recvmsg", "recvmmsg", "setsockopt", "bind", "connect" },
}

-- Lua, lowest first: the rooms of lua/mtr, and the files beside them.
local lua_floors = {
  { "lib" }, { "base" }, { "wait" }, { "record" }, { "strategy" }, { "trace" }, { "sim" },
  { "engine" }, { "report" }, { "campaign" }, { "script" }, { "init", "main", "cli" },
}
local lua_floor = {}
for floor, names in ipairs(lua_floors) do
  for _, name in ipairs(names) do
    lua_floor[name] = floor
  end
end
local scripts_may = { mtr = true, cjson = true, argparse = true }

local function floor_of(path)
  local part = path:match("^core/([%w_.]+)")
  for floor, name in ipairs(c_floors) do
    if name == part then
      return floor, name
    end
  end
end

local function strip_c(text)
  return (text:gsub("/%*.-%*/", " "):gsub("//[^\n]*", " "):gsub('"[^"\n]*"', '""'))
end

-- The path in the tree that an #include "name" in |path| means: compilers look beside the file
-- first, then in core/.
local function included(files, path, name)
  local beside = path:match("^(.*/)") .. name
  return files[beside] and beside or "core/" .. name
end

local function check_c(files, path, text, report)
  local floor, name = floor_of(path)
  if path == "core/mtr.h" then
    if text:find('#include%s*"') then
      report(path, "includes something of ours")
    end
    return
  elseif not floor then
    return report(path, "is on no floor")
  end
  for other in text:gmatch('#include%s*"([^"\n]*)"') do
    local target = included(files, path, other)
    local lower = floor_of(target)
    if target == "core/mtr.h" then
      if floor < 3 then
        report(path, "includes mtr.h below probe")
      end
    elseif not lower then
      report(path, "includes " .. other .. ", which is on no floor")
    elseif lower > floor then
      report(path, "includes " .. other .. " from above")
    end
  end
  if text:find("#include%s*<uv") and name ~= "loop" and path ~= "core/program/about.c" then
    report(path, "includes uv.h")
  end
  local code = strip_c(text)
  for _, rule in ipairs(calls) do
    for _, call in ipairs(rule) do
      if rule.floors[name] and not (rule.allowed and rule.allowed[path])
        and code:find("%f[%w_]" .. call .. "%s*%(") then
        report(path, rule.why .. " with " .. call)
      end
    end
  end
end

local function strip_lua(text)
  return (text:gsub("%-%-%[(=*)%[.-%]%1%]", " "):gsub("%-%-[^\n]*", " "))
end

local function required(code, found)
  for pattern in pairs {
    ["%f[%w_]require%s*%(?%s*[\"']([^\"'\n]*)[\"']"] = 1,
    ["%f[%w_]require%s*%(?%s*%[%[([^%]\n]*)%]%]"] = 1,
    ["pcall%(require,%s*[\"']([^\"'\n]*)[\"']"] = 1,
  } do
    for name in code:gmatch(pattern) do
      found(name)
    end
  end
end

local function check_lua(path, text, report)
  local part = path:match("^lua/mtr/([%w_]+)")
  local floor = lua_floor[part]
  local code = strip_lua(text)
  if not floor then
    return report(path, "is on no floor: name it in spec/support/style/floors.lua")
  end
  required(code, function(name)
    local sub = name:match("^mtr%.([%w_]+)") or name == "mtr" and "init"
    if sub == "cdef" then
      if part ~= "lib" then
        report(path, "requires mtr.cdef")
      end
    elseif sub and sub ~= "program" then
      if not lua_floor[sub] then
        report(path, "requires " .. name .. ", which is on no floor")
      elseif lua_floor[sub] > floor then
        report(path, "requires " .. name .. " from above")
      end
    end
  end)
  local raw = code:find "ffi%.cdef" or code:find "%.cdef%s*[%(%[]" or code:find "ffi%.load"
  if raw and part ~= "lib" then
    report(path, "uses ffi.cdef or ffi.load")
  end
end

local function check_script(path, text, report)
  required(strip_lua(text), function(name)
    if not scripts_may[name] then
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
