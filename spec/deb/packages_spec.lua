-- SPDX-License-Identifier: MIT
--
-- The Debian packages: they install, run, upgrade and purge in a bare Debian, whose directory
-- MTR_BARE names (.ci/deb makes it). The tests are steps of one story, in this order.
local run = require "spec.support.harness.run"

local BARE = os.getenv "MTR_BARE"
local PACKAGES = { "libmtr-dev", "libmtr0", "lua-mtr", "mtr-sockets", "mtrlua" }
local LIMIT = 600                      -- seconds; apt may have to fetch packages
local APT = "DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "

-- Runs a script in the bare Debian.
local function inside(script)
  run.file("script", "set -eu\n" .. script)
  return run.run("cp $DIR/script $MTR_BARE/script && "
    .. "env -i PATH=$PATH HOME=/root chroot $MTR_BARE sh /script", LIMIT)
end

local function ok(script)
  local got = inside(script)
  assert.equal(0, got.status, got.err .. got.out)
  return got.out
end

-- The version of each package that is installed.
local function versions()
  local list = {}
  for name, version in inside("dpkg-query -W -f '${Package} ${Status} ${Version}\\n' "
    .. table.concat(PACKAGES, " ") .. " || true").out:gmatch "(%S+) install ok installed (%S+)\n" do
    list[name] = version
  end
  return list
end

local function all_of(version)
  local list = {}
  for _, name in ipairs(PACKAGES) do list[name] = version end
  return list
end

-- Everything that has our name, but for what we bring along, and for a header of the kernel.
local function traces()
  return ok [[find / -xdev -name '*mtr*' -not -name mtrr.h -not -path '/var/cache/*' \
    -not -path '/debs*']]
end

-- The packages run, and a program in C builds.
local function work()
  assert.truthy(ok("mtrlua --version"):find "^mtrlua ")
  assert.truthy(ok("mtrlua trace 127.0.0.1"):find "127%.0%.0%.1")
  assert.truthy(ok("mtrlua mda --help"):find "usage: mda")
  for _, lua in ipairs { "luajit", "lua5.1", "lua5.4" } do
    assert.equal("completed\n",
      ok(lua .. [[ -e 'print(require("mtr").trace("127.0.0.1").stop_reason)']]))
  end
  for _, how in ipairs { "", "--static" } do
    assert.truthy(ok(([[cd /tmp; cp /usr/share/doc/libmtr-dev/examples/trace.c .
      gcc %s trace.c $(pkg-config %s --cflags --libs mtr) -o trace; ./trace 127.0.0.1]]):format(
      how:gsub("%-%-", "-"), how)):find "^ 1  127%.0%.0%.1 .* ms\ncompleted\n")
  end
end

local test = BARE and it or function(name) it(name, function() pending "needs MTR_BARE" end) end

describe("the packages", function()
  local before, special
  local MODES = "find /usr /var/lib -xdev -perm /6000 | sort"
  local CAPS = "getcap -r $MTR_BARE/usr $MTR_BARE/var/lib"

  setup(function()
    if not BARE then return end
    before, special = traces(), ok(MODES)
    assert.equal(0, run.run("mkdir -p $MTR_BARE/debs/1 $MTR_BARE/debs/2 && "
      .. "cp $(ls build/deb/*.deb | grep -v dbgsym) $MTR_BARE/debs/1").status)
  end)
  teardown(run.clean)

  test("install, with what they need", function()
    ok(APT .. "install /debs/1/*.deb")
    local version = versions().mtrlua
    assert.truthy(version)
    assert.same(all_of(version), versions())
  end)

  test("run, and let C programs build, shared and static", function()
    ok(APT .. "install luajit lua5.1 lua5.4 gcc libc6-dev pkgconf")
    work()
  end)

  test("give only mtr-sockets a privilege, and only the group mtr that", function()
    assert.equal(special, ok(MODES))
    local list = run.run(CAPS).out
    assert.truthy(list:find "/usr/bin/mtr%-sockets cap_net_raw=ep\n", list)
    assert.falsy(list:gsub("/mtr%-sockets ", ""):find("mtr", 1, true))
    assert.equal("750 root mtr\n", ok "stat -c '%a %U %G' /usr/bin/mtr-sockets")
    assert.equal("mtr-sockets.postinst\n", ok("cd /var/lib/dpkg/info; ls | grep -E "
      .. "'^(lib|lua-)?mtr.*[.](preinst|postinst|prerm|postrm|config)$' || true"))
  end)

  test("let a member of the group trace, and nobody else", function()
    local as = "setpriv --reuid=65534 --regid=65534 --%s mtrlua --transport raw -e "
      .. "'print(require(\"mtr\").trace(\"127.0.0.1\").stop_reason)'"
    assert.equal("completed\n", ok(as:format "groups $(getent group mtr | cut -d: -f3)"))
    assert.is_not.equal(0, inside(as:format "clear-groups").status)
  end)

  test("upgrade to a later version", function()
    local old = versions().mtrlua
    -- The same files under the next version.
    ok(([[cd /debs/1
      for f in *.deb; do
        dpkg-deb -R $f ../tree
        sed -i 's/\(Version: .*\|(>*= .*\)%s/\1%s/g' ../tree/DEBIAN/control
        dpkg-deb -b ../tree ../2/$f
        rm -r ../tree
      done]]):format(old:gsub("%.", "[.]"), old .. "+1"))
    ok(APT .. "install /debs/2/*.deb")
    assert.same(all_of(old .. "+1"), versions())
    work()
  end)

  test("refuse a library that is older than the Lua files", function()
    local got = inside(APT .. "-s install --allow-downgrades /debs/1/libmtr0_*.deb")
    assert.truthy(got.status ~= 0 or got.out:find("Remv lua-mtr", 1, true), got.out)
  end)

  test("leave nothing when they are purged", function()
    ok(APT .. "purge " .. table.concat(PACKAGES, " "))
    assert.same({}, versions())
    assert.equal(before, traces())
    assert.equal("", ok "ldconfig -p | grep mtr || true")
  end)
end)
