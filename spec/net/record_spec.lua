-- SPDX-License-Identifier: MIT
--
-- A run that was recorded in a lab is replayed outside the lab, in an empty network and without any
-- privilege. The script writes exactly the same bytes, also for times.

local lab = require "spec.lab.lab"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local available, reason = lab.available()

-- All protocols to both families at once, in two waves, with hooks, statistics, single probes and
-- every counter that a network has a say in.
local SCRIPT = [[
local mtr = require "mtr"
local dst4, dst6 = ...
local stats = mtr.stats()
local function wave(round)
  local tasks = {}
  for _, dst in ipairs { dst4, dst6 } do
    for i, protocol in ipairs { "icmp", "udp", "tcp" } do
      for _, multipath in ipairs { "paris", "classic" } do
        tasks[#tasks + 1] = mtr.go(function()
          local heard = {}
          local result, message = mtr.trace(dst, stats:hooks {
            protocol = protocol, multipath = multipath, queries = 2, timeout = 150, gap_limit = 3,
            flow = round, size = round == 2 and 120 or nil,
            on_reply = function(_, reply)
              heard[#heard + 1] = ("%d/%.3f"):format(reply.ttl, reply.rtt)
            end,
          })
          print(result and result:json() or message)
          print(i, table.concat(heard, " "))
        end)
      end
    end
  end
  mtr.wait_all(unpack(tasks))
end
wave(1)
mtr.sleep(20)
wave(2)
for _, hop in ipairs(stats:hops()) do
  print(hop.ttl, hop.addr, hop.sent, hop.unanswered, hop.avg, hop.p95, hop.jitter_interarrival)
end
for ttl = 1, 3 do
  local reply = mtr.probe { dst = dst4, ttl = ttl, timeout = 100 }
  print(ttl, reply.addr, reply.rtt, reply.timeout)
end
print(mtr.trace "203.0.113.250")
local counters = mtr.default():stats()
for _, name in ipairs { "traces_done", "probes_sent", "bytes_sent", "send_errors", "replies",
  "duplicates", "late", "timeouts", "nat", "unmatched", "orphans", "malformed", "kernel_drops",
  "unrecorded", "unreplayed" } do
  print(name, counters[name])
end
]]

local shell = run.run

-- Without a network and without capabilities, where that can be had.
local function nowhere()
  local prefix = "unshare -n setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "
  return shell(prefix .. "true").status == 0 and prefix or ""
end

-- Runs a command that would take more than 2.9 s if it waited as the recorded run did. A machine
-- under load may need as long once, but not ten times.
local function quickly(command)
  local got
  for _ = 1, 10 do
    got = shell("timeout 2.9 " .. command)
    if got.status ~= 124 then break end
  end
  return got
end

local function program(options, l)
  return ('"$MTR_PROGRAM" %s "$DIR/script.lua" %s %s'):format(options, l.dst4, l.dst6)
end

describe("a run that is replayed", function()
  after_each(nets.down)
  teardown(run.clean)

  for _, case in ipairs {
    { "chain 8" }, { "diamond 4" }, { "silent" }, { "mtu" }, { "nat broken=1" }, { "loop" },
    { "unreach admin" }, { "filter" }, { "blackhole" }, { "chain 3 udp=33434 tcp=80" },
    { "twohomed", "--rate 200" }, { "chain 8", "--transport mtr-packet --rate 500" },
    { "silent 2", "--transport mtr-packet" }, { "chain 4 udp=33434 tcp=80", "--transport user" },
    { "silent 2", "--transport user" }, { "mtu", "--transport user" },
  } do
    local words, options = case[1], case[2] or "--rate max"
    it(("is the same to the last byte: %s, %s"):format(words, options), function()
      if not available then pending(reason) end
      if options:find "mtr%-packet" and not run.has "mtr-packet" then
        pending "needs mtr-packet"
      end
      run.file("script.lua", SCRIPT)
      local l = nets.up(words)
      nets.pings(l)
      local first = shell(l:command(program(options .. " --record $DIR/tape", l)))
      assert.same({ 0, "" }, { first.status, first.err })
      nets.down()
      local again = shell(nowhere() .. program(options .. " --replay $DIR/tape", l))
      assert.same({ 0, "" }, { again.status, again.err })
      assert.equal(first.out, again.out)
      assert.truthy(first.out:find '"stop_reason"')
      assert.truthy(first.out:find "unreplayed\t0\n")
    end)
  end

  it("does not wait in real time", function()
    if not available then pending(reason) end
    local l = nets.up "chain 3"
    run.file("script.lua", [[
      local mtr = require "mtr"
      print(mtr.trace((...)):json())
      mtr.sleep "3s"
      print(mtr.trace((...)):json())
      for _, name in ipairs { "localhost", "no.such.invalid", "localhost" } do
        mtr.go(function()
          local result, message = mtr.trace(name)
          print(result and result:json() or message)
        end)
      end
    ]])
    local first = shell(l:command(program("--record $DIR/tape", l)))
    assert.same({ 0, "" }, { first.status, first.err })
    nets.down()
    local again = quickly(nowhere() .. program("--replay $DIR/tape", l))
    assert.same({ 0, first.out }, { again.status, again.out })
    assert.truthy(first.out:find '"target":"localhost"')
    assert.truthy(first.out:find 'name "no.such.invalid"')
  end)

  it("has mtr.now() tell the times of the recording", function()
    if not available then pending(reason) end
    local l = nets.up "chain 3"
    run.file("script.lua", [[
      local mtr = require "mtr"
      local from = mtr.now()
      mtr.sleep "3s"
      local slept = mtr.now() - from
      local result = assert(mtr.trace((...)))
      local traced = mtr.now() - from - slept
      print(slept >= 3000, traced >= result.duration, ("%.6f %.6f"):format(slept, traced))
    ]])
    local first = shell(l:command(program("--record $DIR/tape", l)))
    assert.same({ 0, "" }, { first.status, first.err })
    assert.matches("^true\ttrue\t", first.out)
    nets.down()
    local again = quickly(nowhere() .. program("--replay $DIR/tape", l))
    assert.same({ 0, first.out }, { again.status, again.out })
  end)

  it("may send other probes, which stay unanswered and are counted", function()
    if not available then pending(reason) end
    local l = nets.up "chain 3"
    run.file("script.lua", "print(require('mtr').trace((...)):json())")
    assert.equal(0, shell(l:command(program("--record $DIR/tape", l))).status)
    nets.down()
    run.file("script.lua", [[
      local mtr = require "mtr"
      local result = mtr.trace((...), { size = 99, gap_limit = 2, window = 2, attempts = 1 })
      print(result.stop_reason, result.hop_count, mtr.default():stats().unreplayed)
      result = mtr.trace((...), { attempts = 1 })
      print(result.stop_reason, result.hop_count, result.hops[3].addr)
      print(mtr.trace "192.0.2.99")
    ]])
    local got = shell(program("--log warn --replay $DIR/tape", l))
    assert.equal(("gaplimit\t2\t2\ncompleted\t3\t%s\nnil\tENETUNREACH: network is unreachable: "
      .. "the recording has no such target with this protocol, "
      .. "source, interface and mark\tENETUNREACH\n"):format(l.dst4),
      got.out)
    assert.equal("mtr: warn: 2 probes are not in the recording and went unanswered\n", got.err)
  end)
end)

describe("a recording", function()
  teardown(run.clean)

  local REPLAY = '"$MTR_PROGRAM" --replay "$DIR/tape" -e '
    .. '"assert(require[[mtr]].trace[[127.0.0.1]])"'
  local TRACES = [[
    local mtr = require "mtr"
    for i = 1, 400 do assert(mtr.trace("127.0.0.1")) end
    print "done"
  ]]

  it("that fills the disk ends, is reported, and is not replayed", function()
    if not available then pending(reason) end
    run.file("script.lua", TRACES)
    local small = "unshare -m sh -c 'mount -t tmpfs -o size=64k none \"$DIR/small\" && %s; "
      .. "status=$?; cp \"$DIR/small/tape\" \"$DIR/tape\"; exit $status'"
    local got = shell('mkdir -p "$DIR/small"; export DIR; ' .. small:format(
      '"$MTR_PROGRAM" --rate max --record "$DIR/small/tape" "$DIR/script.lua"'))
    if got.err:find "unshare:" then pending "needs to mount" end
    assert.same({ 1, "done\n" }, { got.status, got.out })
    assert.truthy(got.err:find("mtrlua: ENOSPC: no space left on device: recording .-/small/tape: "
      .. "the run went on, but %d+ records are missing and it cannot be replayed\n$"), got.err)
    got = shell(REPLAY)
    assert.equal(1, got.status)
    assert.truthy(got.err:find "EBADMSG: cannot replay .-/tape: it is cut off: ",
      got.err)
  end)

  it("of a run that was killed is refused", function()
    if not available then pending(reason) end
    run.file("script.lua", [[
      local mtr = require "mtr"
      for i = 1, 50 do mtr.trace("127.0.0.1") end
      mtr.sleep(1100)
      mtr.trace("127.0.0.1")
      require("ffi").cdef "int raise(int);"
      require("ffi").C.raise(9)
    ]])
    shell '"$MTR_PROGRAM" --record "$DIR/tape" "$DIR/script.lua"'
    assert.truthy(tonumber(shell 'wc -c <"$DIR/tape"'.out) > 1000)
    local got = shell(REPLAY)
    assert.equal(1, got.status)
    assert.truthy(got.err:find "EBADMSG: .*/tape: it is cut off: the run that wrote it did not end",
      got.err)
  end)

  for name, case in pairs {
    ["that is none"] = { "printf '{}\\n%0100d\\n' 0 >$DIR/tape",
      "ENOMSG: .*not a recording of mtrlua" },
    ["that is not there"] = { "rm -f $DIR/tape",
      "ENOENT: .*cannot replay .*/tape: it cannot be read" },
  } do
    it(name .. " is refused", function()
      shell(case[1])
      local got = shell(REPLAY)
      assert.equal(1, got.status)
      assert.truthy(got.err:find(case[2]), got.err)
    end)
  end

  it("holds one engine only", function()
    if not available then pending(reason) end
    run.file("script.lua", [[
      local mtr = require "mtr"
      local first = assert(mtr.engine { record = ... })
      print(mtr.engine { record = ... })
      first:close()
      assert(mtr.engine { record = ... }):close()
    ]])
    local got = shell '"$MTR_PROGRAM" "$DIR/script.lua" $DIR/tape'
    assert.same({ 0, "" }, { got.status, got.err })
    assert.truthy(got.out:find("^nil\tEBUSY: device or resource busy: cannot record into %S+/tape: "
      .. "another engine is using it\tEBUSY\n$"), got.out)
  end)

  it("holds the engine that the script opens first", function()
    local l = available and nets.up "chain 3" or pending(reason)
    run.file("script.lua", [[
      local mtr = require "mtr"
      local own = assert(mtr.engine { rate = "max" })
      print(own:trace((...)):json())
      own:close()
      print(mtr.trace((...)))
      print(mtr.engine { rate = 5 })]])
    local kept = shell(l:command(program("--record $DIR/tape", l)))
    assert.same({ 0, "" }, { kept.status, kept.err })
    assert.truthy(kept.out:find("^{[^\n]*\nnil\tEBUSY: .*%-%-record %S*/tape: .*one engine[^\n]*\t"
      .. "EBUSY\nnil\tEBUSY[^\n]*\n$"), kept.out)
    local again = shell(nowhere() .. program("--replay $DIR/tape", l))
    assert.equal((kept.out:gsub("%-%-record", "--replay")), again.out)
  end)

  it("needs the same max_probes as when it was made", function()
    if not available then pending(reason) end
    run.file("script.lua", [[
      local mtr = require "mtr"
      assert(mtr.engine { record = ..., max_probes = 100 }):close()
      print(mtr.engine { replay = ... })
      assert(mtr.engine { replay = ..., max_probes = 100 }):close()
    ]])
    local got = shell '"$MTR_PROGRAM" "$DIR/script.lua" $DIR/tape'
    assert.same({ 0, "" }, { got.status, got.err })
    assert.truthy(got.out:find("/tape: it was made with max_probes 100; give the same value now",
      1, true), got.out)
  end)

  it("is not made while another one is replayed", function()
    local got = shell '"$MTR_PROGRAM" --record a --replay b -e "print(1)"'
    assert.same({ 2, "", "mtrlua: --record and --replay exclude each other\n" },
      { got.status, got.out, got.err })
  end)
end)
