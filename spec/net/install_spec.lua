-- SPDX-License-Identifier: MIT
--
-- What make install puts below a PREFIX that no linker and no Lua knows: C programs build with
-- pkg-config, shared and static, and Lua finds libmtr there. The C programs are the examples.
local runs = require "spec.support.harness.run"
local loopback = require "spec.support.real.loopback"
local nets = require "spec.support.real.nets"
local run = runs.run

local missing = loopback.missing()

-- DESTDIR is not empty so that nothing outside is touched, such as the linker's cache.
local INSTALL = "MAKEFLAGS= make -s -o all install DESTDIR=/ PREFIX=$DIR/p"
local PKG = "PKG_CONFIG_PATH=$DIR/p/lib/pkgconfig pkg-config "
local LUA = "cd / && env -u MTR_LIB LUA_PATH='"
  .. "$DIR/p/share/lua/5.1/?.lua;$DIR/p/share/lua/5.1/?/init.lua;;' "
local WARN = " -Wall -Wextra -pedantic -Werror "

-- A whole build can be part of it, beside other specs.
local function ok(command)
  local got = run((command:gsub("LUA_PATH='(.-)'", 'LUA_PATH="%1"')), 300)
  assert.equal(0, got.status, got.err .. got.out)
  return got
end

describe("an installation below a PREFIX", function()
  setup(function() ok(INSTALL) end)
  teardown(runs.clean)

  for language, compiler in pairs {
    ["C99"] = "gcc -std=c99 -x c", ["C++"] = "g++ -x c++",
  } do
    -- how it is linked: flags, words for pkg-config, libuv's name there, whether it loads libmtr
    for linked, how in pairs {
      shared = { "", "", "libuv", true },
      statically = { "-static", "--static ", "libuv-static", false },
    } do
      it(("builds the examples in %s, linked %s"):format(language, linked), function()
        local flags, words, uv, loads = unpack(how)
        for name, packages in pairs { trace = "mtr", uv = "mtr " .. uv } do
          ok(("%s%sscripts/examples/c/%s.c -x none %s -o $DIR/%s $(%s%s--cflags --libs %s)"):format(
            compiler, WARN, name, flags, name, PKG, words, packages))
          local libraries = run(("readelf -d $DIR/%s"):format(name)).out
          assert.equal(loads, libraries:find("[libmtr.so.0]", 1, true) ~= nil)
          if missing then return pending(missing) end
          local got = ok("LD_LIBRARY_PATH=$DIR/p/lib $DIR/" .. name .. " 127.0.0.1")
          assert.equal("", got.err)
          assert.truthy(got.out:find "127%.0%.0%.1 .*completed" or
            got.out:find "^ 1  127%.0%.0%.1  %d+%.%d+ ms\ncompleted\n$", got.out)
        end
      end)
    end
  end

  -- It makes the group in a copy of /etc.
  it("as root gives mtr-sockets alone a privilege, and the group mtr alone that", function()
    if run("id -u").out ~= "0\n" then return pending "needs root" end
    local got = ok([[cp -a /etc $DIR/etc; unshare -m sh -ec '
      mount --bind "$DIR/etc" /etc; sed -i /^mtr:/d /etc/group /etc/gshadow
      MAKEFLAGS= make -s -o all install PREFIX="$DIR/q" >&2
      stat -c "%a %U %G" "$DIR/q/bin/mtr-sockets" "$DIR/q/bin/mtrlua"
      cd "$DIR/q"; getcap -r .; find . -perm /6000'; rm -r $DIR/q]])
    assert.equal("750 root mtr\n755 root root\n./bin/mtr-sockets cap_net_raw=ep\n", got.out)
  end)

  it("serves plain LuaJIT, which finds libmtr by itself", function()
    if missing then return pending(missing) end
    local got = ok(LUA .. [[luajit -e 'print(require("mtr").trace("127.0.0.1").stop_reason)']])
    assert.same({ "completed\n", "" }, { got.out, got.err })
  end)

  it("has a mtrlua that finds its programs", function()
    if missing then return pending(missing) end
    local got = ok(LUA .. "$DIR/p/bin/mtrlua trace -n 127.0.0.1")
    assert.truthy(got.out:find("127.0.0.1", 1, true))
    assert.equal("", got.err)
  end)

  it("says where it has searched for libmtr", function()
    if run("ldconfig -p | grep -q libmtr").status == 0 then
      return pending "needs a system without libmtr"
    end
    ok "mv $DIR/p/lib/libmtr.so.0 $DIR/p/lib/away"
    local got = run((LUA .. "luajit -l mtr"):gsub("'", '"'))
    ok "mv $DIR/p/lib/away $DIR/p/lib/libmtr.so.0"
    assert.equal(1, got.status)
    for _, words in ipairs { "mtr: cannot load libmtr", "/mtr/libmtr.so", "/../build/libmtr.so",
      "/lib/libmtr.so.0", "make install", "MTR_LIB" } do
      assert.truthy(got.err:find(words, 1, true), got.err)
    end
  end)

  it("names the file of MTR_LIB that cannot be loaded, and no other", function()
    local got = run((LUA:gsub("%-u MTR_LIB", "MTR_LIB=/none.so") .. "luajit -l mtr"):gsub("'", '"'))
    assert.equal(1, got.status)
    assert.truthy(got.err:find("cannot load libmtr: /none.so: cannot open", 1, true), got.err)
    assert.falsy(got.err:find("no file", 1, true))
  end)

  it("is gone after make uninstall", function()
    ok(INSTALL:gsub("install", "uninstall", 1))
    assert.equal("", run("find $DIR/p -type f -o -type l").out)
  end)
end)

describe("the rock", function()
  teardown(runs.clean)

  it("is built and installed by luarocks, and runs", function()
    local got = ok("MAKEFLAGS= HOME=$DIR luarocks --lua-version 5.1 --tree $DIR/rocks make "
      .. "scripts/rockspec/mtrlua-scm-1.rockspec 2>&1")
    assert.truthy(got.out:find("mtrlua scm-1 is now installed", 1, true), got.out)
    if missing then return pending(missing) end
    got = ok("cd $DIR && eval $(luarocks --lua-version 5.1 --tree $DIR/rocks path) && "
      .. [[env -u MTR_LIB luajit -e 'print(require("mtr").trace("127.0.0.1").stop_reason)']])
    assert.same({ "completed\n", "" }, { got.out, got.err })
  end)
end)

describe("the examples in C", function()
  teardown(function()
    nets.down_shared()
    runs.clean()
  end)

  local function build(name)
    ok(("gcc -Icore -o $DIR/%s scripts/examples/c/%s.c build/libmtr.so -luv -Wl,-rpath,$PWD/build")
      :format(name, name))
  end

  local function inside(command)
    local path = runs.dir()
    local pipe = io.popen(("spec/lab/lab run chain 3 -- sh -c '%s/%s' 2>&1"):format(path, command))
    local text = pipe:read "*a"
    pipe:close()
    return text
  end

  it("trace the hops of a network", function()
    nets.needs_privilege(pending)
    build "trace"
    local hops = {}
    for line in inside("trace $LAB_DST6"):gmatch "[^\n]+" do
      hops[#hops + 1] = line:gsub("  %d+%.%d+ ms", " ms")
    end
    assert.same({ " 1  fd00:1::2 ms", " 2  fd00:2::2 ms", " 3  fd00:3::2 ms", "completed" }, hops)
    assert.equal("trace: EINVAL usage: trace ADDRESS\n", inside "trace nonsense")
    assert.equal("trace: EACCES multicast and broadcast targets are refused unless allow_broadcast "
      .. "is set\n", inside "trace 224.0.0.1")
  end)

  it("trace many targets in a loop of libuv, and stop what takes too long", function()
    nets.needs_privilege(pending)
    build "uv"
    local lines = {}
    for line in inside("uv $LAB_DST4 nonsense $LAB_DST6"):gmatch "[^\n]+" do
      lines[#lines + 1] = line
    end
    table.sort(lines)
    assert.equal(3, #lines)
    assert.truthy(lines[1]:find "^10%.0%.3%.2 completed after 3 hops, %d+ probes$", lines[1])
    assert.truthy(lines[2]:find "^fd00:3::2 completed after 3 hops, %d+ probes$", lines[2])
    assert.equal("uv: nonsense: EINVAL ", lines[3])
  end)
end)
