-- SPDX-License-Identifier: MIT
--
-- The compiled Lua files in mtrlua: a table that such code makes has the same room as one of code
-- that was loaded as text, and the same contents.
local dump = dofile "core/program/dump.lua"

-- Makes tables of each kind: in functions inside functions, short and long ones.
local TEXT = [[
  local x, y, cond = ...
  local t = { a = 1, b = x, c = y, d = nil, e = cond and x or y, f = { g = x, h = 2 }, 7, [3] = x }
  if cond then t.z = 5 end
  local function inner() return { p = x, q = y, r = "text", s = x, u = nil, ["%"] = y } end
  FILLER
  return { t, t.f, inner(), { x, y, x }, { x }, {}, { v = x, w = y } }
]]

-- A function that makes tables of which all values are nil.
local EMPTY = [[
  local x
  return function() return { a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x } end
]]

-- Returns how many bytes 1000 tables take.
local function room(make)
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  for _ = 1, 1000 do make() end
  local size = (collectgarbage "count" - before) * 1024
  collectgarbage "restart"
  return size
end

-- Returns what a table has, without the tables in it.
local function values(t)
  local seen = {}
  for key, value in pairs(t) do seen[key] = type(value) == "table" and "table" or value end
  return seen
end

local function all(fn, ...)
  local list = {}
  for i, t in ipairs(fn(...)) do list[i] = values(t) end
  return list
end

describe("compiled Lua files", function()
  local fillers = { short = "", long = ("x = x "):rep(200), huge = ("y = y "):rep(9000) }
  for name, filler in pairs(fillers) do
    it("make the same tables as their text, in a function that is " .. name, function()
      local text = TEXT:gsub("FILLER", filler)
      local dumped = assert(loadstring(dump(text, "=name")))
      for _, given in ipairs { { 1, 2, true }, { nil, 2, false }, { nil, nil, true } } do
        local want = all(assert(loadstring(text)), given[1], given[2], given[3])
        assert.same(want, all(dumped, given[1], given[2], given[3]))
      end
    end)
  end

  it("make tables with the same room as their text", function()
    local text, dumped = loadstring(EMPTY)(), loadstring(dump(EMPTY, "=name"))()
    jit.off(text)
    jit.off(dumped)
    assert.equal(room(text), room(dumped))
    assert.is_true(room(text) > 1000 * 16 * 24)
  end)

  it("keep names and line numbers", function()
    local fn = loadstring(dump("local x = { a = ... }\nreturn x.a.b.c", "@some/file.lua"))
    local ok, message = pcall(fn, {})
    assert.is_false(ok)
    assert.equal("some/file.lua:2: attempt to index field 'b' (a nil value)", message)
  end)
end)
