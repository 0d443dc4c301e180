-- SPDX-License-Identifier: MIT
--
-- lua/mtr/lib.lua: what it says when something that it needs is missing.
local runs = require "spec.support.harness.run"
local run = runs.run

-- Runs LuaJIT in another directory, so that nothing of this checkout is found by chance.
local function luajit(env, code)
  return run(('cd $DIR && env -u LUA_CPATH LUA_PATH="$DIR/?.lua;$DIR/?/init.lua" %s luajit -e "%s"')
    :format(env, code))
end

describe("mtr.lib", function()
  setup(function()
    run 'mkdir $DIR/mtr && cd lua/mtr && cp lib.lua compat.lua foreign.lua $DIR/mtr'
  end)
  teardown(runs.clean)

  it("says what a Lua without FFI needs", function()
    local got = luajit("LUA_CPATH=none/?.so",
      "package.preload.ffi, package.loaded.ffi = nil; require 'mtr.lib'")
    assert.equal(1, got.status)
    assert.truthy(got.err:find("luajit: mtr: this LuaJIT has no FFI, and the C module mtr.ffi", 1,
      true), got.err)
    assert.truthy(got.err:find("package liblua5.1-0-dev", 1, true), got.err)
  end)

  it("says that the declarations are missing, and which package has them", function()
    local got = luajit("", "require 'mtr.lib'")
    assert.equal(1, got.status)
    assert.truthy(got.err:find("luajit: mtr: the module mtr.cdef is missing: run make", 1, true))
    assert.truthy(got.err:find("package lua-mtr", 1, true), got.err)
  end)

  it("says which file is no library of ours, and where the library comes from", function()
    runs.file("mtr/cdef.lua", "return 'int mtr_abi(void);'")
    for _, file in ipairs { "$DIR/nothing.so", "$DIR/mtr/cdef.lua" } do
      local got = luajit("MTR_LIB=" .. file, "require 'mtr.lib'")
      assert.equal(1, got.status)
      local path = file:gsub("$DIR", runs.dir())
      assert.truthy(got.err:find("luajit: mtr: cannot load libmtr: " .. path .. ": ", 1, true),
        got.err)
      assert.truthy(got.err:find("package libmtr0", 1, true))
    end
  end)
end)
