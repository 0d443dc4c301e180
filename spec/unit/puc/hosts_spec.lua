-- SPDX-License-Identifier: MIT
--
-- A script with require "mtr" in other Luas than LuaJIT: from a checkout, and installed.
local run = require "spec.support.harness.run"

local SCRIPT = [[
local mtr = require "mtr"
local net = mtr.sim { nodes = { me = "192.0.2.1", r = "10.0.0.1", web = "203.0.113.9" },
  links = { { "me", "r", delay = 1 }, { "r", "web", delay = 1 } } }
local engine = assert(mtr.engine { sim = net })
local result = assert(engine:trace("203.0.113.9"))
print(result.stop_reason, result.hops[2].addr, result.hops[2].rtt, result.timeout / 1000)
mtr.go(function()
  mtr.configure { sim = net }
  local hops = mtr.hops("203.0.113.9")
  local hop = hops()
  while hop do
    print(hop.ttl .. " " .. hop.addr)
    hop = hops()
  end
  print(select(3, mtr.with_timeout(10, mtr.sleep, 20)))
end)
mtr.run()
]]
local SAID = "completed\t203.0.113.9\t4\t2.0\n1 10.0.0.1\n2 203.0.113.9\nETIMEDOUT\n"

local LUAS = { ["lua5.1"] = "5.1", ["lua5.2"] = "5.2", ["lua5.3"] = "5.3", ["lua5.4"] = "5.4" }

local function said(lua) return lua < "lua5.3" and SAID:gsub("2%.0", "2") or SAID end

local function has(lua)
  local module = io.open(("build/puc/%s/mtr/ffi.so"):format(LUAS[lua]))
  if module then module:close() end
  return module ~= nil and run.has(lua)
end

describe("a script in #luajit #long", function()
  local installed

  lazy_setup(function()
    installed = run.run 'make -s -o all install DESTDIR="$DIR/root" PREFIX=/usr'
  end)

  before_each(function() run.file("script.lua", SCRIPT) end)
  teardown(run.clean)

  for lua, version in pairs(LUAS) do
    if has(lua) then
      it(lua .. " traces, from a checkout", function()
        local got = run.run(('LUA_PATH="lua/?.lua;lua/?/init.lua" %s $DIR/script.lua'):format(lua))
        assert.same({ said(lua), "" }, { got.out, got.err })
      end)

      it(lua .. " traces, from where make install puts it", function()
        assert.equal(0, installed.status, installed.err)
        local got = run.run(([[cd "$DIR/root/usr" && unset MTR_LIB && LD_LIBRARY_PATH=lib \
          LUA_PATH="share/lua/%s/?.lua;share/lua/%s/?/init.lua" LUA_CPATH="lib/lua/%s/?.so" \
          %s ../../script.lua]]):format(version, version, version, lua))
        assert.same({ said(lua), "" }, { got.out, got.err })
      end)
    end
  end

  it("LuaJIT without its compiler traces", function()
    local got = run.run 'LUA_PATH="lua/?.lua;lua/?/init.lua" luajit -joff "$DIR/script.lua"'
    assert.same({ said "lua5.1", "" }, { got.out, got.err })
  end)

  it("LuaJIT without its FFI traces with the module", function()
    if not has "lua5.1" then return pending "needs liblua5.1-0-dev and lua5.1" end
    run.file("script.lua", [[package.preload.ffi = function() error "no FFI" end
      package.loaded.ffi = nil
      ]] .. SCRIPT)
    local got = run.run 'LUA_PATH="lua/?.lua;lua/?/init.lua" luajit "$DIR/script.lua"'
    assert.same({ said "lua5.1", "" }, { got.out, got.err })
  end)

  it("Lua without the module names it and its package", function()
    if not has "lua5.4" then return pending "needs liblua5.4-dev and lua5.4" end
    local got = run.run [[cp -r lua "$DIR/alone" && cd "$DIR" && unset LUA_CPATH_5_4 &&
      LUA_PATH="alone/?.lua;alone/?/init.lua" lua5.4 -e 'require "mtr"']]
    assert.equal(1, got.status)
    assert.truthy(got.err:find("mtr: Lua 5.4 has no FFI, and the C module", 1, true), got.err)
    assert.truthy(got.err:find("needs the Debian package liblua5.4-dev", 1, true), got.err)
  end)
end)
