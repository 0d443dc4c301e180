-- SPDX-License-Identifier: MIT
--
-- What the Lua layer takes from LuaJIT or, elsewhere, from its replacements.
local compat = require "mtr.compat"
local run = require "spec.support.harness.run"

describe("what differs between Luas", function()
  teardown(run.clean)

  it("passes arguments through xpcall, and errors to its handler", function()
    local function sum(...)
      local n = 0
      for i = 1, select("#", ...) do n = n + (select(i, ...) or 100) end
      return n, "two"
    end
    assert.same({ true, 104, "two" }, { compat.xpcall(sum, error, 1, nil, 3) })
    assert.same({ true, 0, "two" }, { compat.xpcall(sum, error) })
    local ok, problem = compat.xpcall(error, function(e) return "handled " .. e end, "x", 0)
    assert.same({ false, "handled x" }, { ok, problem })
  end)

  it("packs and unpacks with nil", function()
    local list = compat.pack(nil, 2, nil)
    assert.equal(3, list.n)
    assert.equal(3, select("#", compat.unpack(list, 1, list.n)))
  end)

  it("knows whether a function has a second parameter", function()
    for has, list in pairs {
      [true] = { function(_, _) end, function(...) return ... end,
        function(_, _, ...) return ... end, function(_, ...) return ... end, print },
      [false] = { function() end, function(_) end, function() return run end },
    } do
      for i, fn in ipairs(list) do assert.equal(has, compat.takes_second(fn), i) end
    end
  end)

  it("calls what guards an object when that is collected", function()
    local log = {}
    local object = compat.guard(function() log[#log + 1] = "collected" end)
    collectgarbage()
    assert.same({}, log)
    object = type(object) == "nil"
    collectgarbage()
    collectgarbage()
    assert.same({ "collected" }, log)
    assert.is_false(object)
  end)

  it("finds files as require does", function()
    assert.equal("lua/mtr/compat.lua", compat.searchpath("mtr.compat", "none/?.so;lua/?.lua"))
    assert.is_nil((compat.searchpath("mtr.none", "none/?.so;lua/?.lua")))
  end)

  it("knows the coroutine that runs, and makes one of a C function", function()
    assert.is_true(coroutine.wrap(function() return compat.isyieldable() end)())
    local co = compat.create(function() return compat.running() end)
    assert.same({ true, co }, { coroutine.resume(co) })
    assert.same({ true, "number" }, { coroutine.resume(compat.create(type), 7) })
  end)

  it("has structs with numbers, arrays and methods", function()
    local class = { double = function(self) return self.count * 2 end }
    local new = compat.struct([[struct {
      uint32_t count, other;           // and more
      uint8_t seen[4], all[?];
    }]], function(_, name) return class[name] end)
    local object = new(9)
    assert.same({ 0, 0 }, { object.count, object.all[8] })
    object.count, object.all[8], object.seen[3] = 21, 257, 3
    assert.same({ 42, 1, 3 }, { object:double(), object.all[8], object.seen[3] })
    assert.is_nil(object.none)
  end)

  -- A Lua that has no FFI, whatever this one has.
  local function without(statement)
    local text = [[package.path, package.cpath = "lua/?.lua;lua/?/init.lua", "none/?.so"
      package.loaded.ffi = nil
      package.preload.ffi = function() error "no FFI" end
      package.loadlib = function(path) return nil, path .. ": none" end
      ]] .. statement
    local file = run.file("without.lua", text)
    return run.run(("luajit %s"):format(file))
  end

  it("says which module and which package are missing", function()
    local got = without 'print(select(2, pcall(require, "mtr")))'
    assert.equal(0, got.status, got.err)
    assert.truthy(got.out:find("this LuaJIT has no FFI, and the C module mtr.ffi", 1, true),
      got.out)
    assert.truthy(got.out:find("build/puc/5.1/mtr/ffi.so: none", 1, true), got.out)
    assert.truthy(got.out:find("liblua5.1-0-dev", 1, true), got.out)
  end)
end)
