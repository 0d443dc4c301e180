-- SPDX-License-Identifier: MIT
--
-- Nothing that the system refuses ends an engine badly: memory, descriptors and system calls fail
-- in turn while it is opened, traces, asks name servers, saves a file and is closed. Each time the
-- call that needs it says so, traces end, and nothing is left; spec/support/real/faults.c checks
-- that. Some of the calls are tried here; MTR_FAULTS=all tries each of them.
local nets = require "spec.support.real.nets"
local runs = require "spec.support.harness.run"
local run = runs.run

local ALL = os.getenv "MTR_FAULTS" == "all"
local NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups env PATH=$DIR:$PATH "

-- What fails; how many more of it; the first number and the step between numbers, all and here;
-- how often libuv may end the process, in whose midst only one of these can strike.
local KINDS = {
  one = { "memory", 0, { 1, 1 }, { 3, 19 }, libuv = 1 },
  ["all for a while"] = { "memory", 1000000, { 1, 1 }, { 5, 23 }, libuv = 1 },
  ["beyond a limit"] = { "budget", 0, { 1000, 10000 }, { 9000, 1500000 }, libuv = 0 },
  ["one system call"] = { "system", 0, { 1, 1 }, { 2, 41 }, libuv = 2 },
  interrupted = { "interrupt", 0, { 1, 1 }, { 1, 31 }, libuv = 0 },
  ["few descriptors"] = { "spare", 0, { 0, 1 }, { 0, 7 }, libuv = 0 },
}

local TRANSPORTS = {
  { "sim" }, { "raw" }, { "packet" }, { "mtr-packet", needs = "mtr-packet" }, { "user" },
  { "raw", through = "mtr-sockets", prefix = NOBODY },
}

-- All kinds at once, because rounds mostly wait. Each prints into a file by its name.
local function all_kinds(l, transport)
  local lines = {}
  for name, kind in pairs(KINDS) do
    local numbers = kind[ALL and 3 or 4]
    lines[#lines + 1] = ("mkdir -m 777 '%s'; (cd '%s'; exec %s $DIR/faults %s %d %d %d %s %s) "
      .. ">'%s/out' 2>&1 &"):format(name, name, transport.prefix or "", kind[1], kind[2],
      numbers[1], numbers[2], transport[1],
      transport[1] == "sim" and "" or l.dst4 .. " " .. l.dst6, name)
  end
  local got = run(l:command("mkdir -m 777 $DIR/run; cd $DIR/run; " .. table.concat(lines, "\n")
    .. "\nwait"))
  assert.equal(0, got.status, got.err)
end

describe("an engine ends well without what it needs, over", function()
  local l

  setup(function()
    if not nets.available() then return end
    l = nets.up "chain 3 udp=7 tcp=80"
    nets.pings(l)
    local helper = ((os.getenv "MTR_PROGRAM") or "build/mtrlua"):gsub("/mtrlua$", "/mtr-sockets")
    run("cp build/test/faults build/test/fail.so $DIR; chmod 777 $DIR; install " .. helper
      .. " $DIR/mtr-sockets; setcap cap_net_raw+ep $DIR/mtr-sockets")
  end)
  after_each(function() run "rm -rf $DIR/run" end)
  teardown(function()
    nets.down()
    runs.clean()
  end)

  for _, transport in ipairs(TRANSPORTS) do
    it(transport.through or transport[1], function()
      nets.needs_privilege(pending)
      if run("test -x build/test/faults").status ~= 0 then pending "needs build/test/faults" end
      if transport.needs and not runs.has(transport.needs) then
        pending("needs " .. transport.needs)
      end
      if transport.prefix and run("id -u").out ~= "0\n" then pending "needs root" end
      all_kinds(l, transport)
      for name, kind in pairs(KINDS) do
        local out = runs.read(runs.dir() .. "/run/" .. name .. "/out")
        local rounds, libuv = out:match "^(%d+) rounds, 0 wrong, (%d+) ended by libuv\n$"
        assert.truthy(rounds, name .. ": " .. out)
        assert.is_true(tonumber(rounds) >= 2 and tonumber(libuv) <= kind.libuv, out)
      end
    end)
  end
end)

describe("mtrlua", function()
  teardown(runs.clean)

  -- The transports, where root may use them all, and how many descriptors each needs at least.
  for transport, least in pairs { auto = 48, raw = 48, packet = 48, ["mtr-packet"] = 51 } do
    it("traces with few descriptors, or says EMFILE: " .. transport, function()
      if run("id -u").out ~= "0\n" then pending "needs root" end
      if transport == "mtr-packet" and not runs.has "mtr-packet" then
        pending "needs mtr-packet"
      end
      for _, limit in ipairs { 10, 16, 22, 28, 36, 48, 51 } do
        local got = run(('ulimit -n %d; exec "$MTR_PROGRAM" --transport %s trace -p udp 127.0.0.1')
          :format(limit, transport))
        local traced = got.status == 0 and got.out:find "\n 1  [^\n]*127%.0%.0%.1"
        local told = got.status == 1 and got.err:find "EMFILE: too many open files"
        assert.truthy(traced or (told and limit < least), limit .. got.out .. got.err)
      end
    end)
  end

  it("says that memory is short, however little there is", function()
    if run("test -x build/test/faults").status ~= 0 then pending "needs build/test/faults" end
    local script = runs.file("memory.lua", [[
      local mtr = require "mtr"
      local net = assert(mtr.sim.internet { prefixes = 200 })
      local engine = assert(mtr.engine { sim = net })
      for target in net:targets() do assert(engine:trace(target)) end
      print "traced"]])
    local short = 0
    for bytes = 30000, 9000000, ALL and 30000 or 1100000 do
      local got = run(('exec env FAIL="budget %d" LD_PRELOAD="$PWD/build/test/fail.so" '
        .. '"$MTR_PROGRAM" %s'):format(bytes, script))
      if got.status == 1 then
        short = short + 1
        assert.truthy(got.err:find "memory", got.err)
      else
        assert.same({ 0, "traced\n", "" }, { got.status, got.out, got.err })
      end
    end
    assert.is_true(short > 0)
  end)
end)
