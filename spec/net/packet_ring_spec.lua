-- SPDX-License-Identifier: MIT
--
-- How the packet transport receives: through its rings while many probes are out, through raw's
-- sockets while few are, and it changes over without losing or repeating a packet. While few are
-- out, "auto" also sends through raw; an explicit "packet" never does.

local loopback = require "spec.support.real.loopback"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"

local AUTO = { transport = "auto" }

-- Rings that this process has mapped.
local function rings()
  local file = assert(io.open "/proc/self/maps")
  local _, n = file:read("*a"):gsub("socket:%[", "")
  file:close()
  return n
end

local function clean(e)
  local s = e:stats()
  assert.same({ 0, 0, 0, 0, 0, 0, 0 }, { s.timeouts, s.duplicates, s.unmatched, s.malformed,
    s.late, s.kernel_drops, s.send_errors })
end

describe("packet listens #alone", function()
  after_each(nets.down)

  local function up(words)
    nets.needs_privilege(pending)
    return nets.up(words)
  end

  local function some(l, n, v)
    local jobs = {}
    for i = 1, n do
      jobs[i] = { (select(v / 2 - 1, l.target(i))), { protocol = "udp", timeout = "5s" } }
    end
    return jobs
  end

  local function complete(results)
    for _, result in ipairs(results) do
      assert.equal("completed", assert(result.hops and result, result.failed).stop_reason)
    end
  end

  it("through the ring only under load, and only for the loaded family", function()
    local l = up "many 4"
    nets.inside(l, function(e)
      complete(nets.traces(e, { { l.dst4 }, { l.dst6 } }))
      assert.equal(0, rings())
      complete(nets.traces(e, some(l, 100, 4)))
      assert.is_true(rings() >= 1)
      complete(nets.traces(e, some(l, 100, 6)))
      assert.equal(2, rings())
      clean(e)
    end, AUTO)
    assert.equal(0, rings())
  end)

  for _, transport in ipairs { "auto", "packet" } do

    it(("to every answer exactly once while it changes over (%s)"):format(transport), function()
      local l = up "many 6"
      nets.inside(l, function(e)
        complete(nets.traces(e, { { l.dst4 }, { l.dst6 } }))
        for round = 1, 8 do
          complete(nets.traces(e, some(l, 120, round % 2 * 2 + 4)))
          loopback.sleep(110)              -- to where few are sent slowly, and the rings listen yet
          for _ = 1, 3 do complete(nets.traces(e, { { l.dst4, { window = 1 } } })) end
          if round % 3 == 0 then loopback.sleep(2010) end -- to where they do not
          for _ = 1, 3 do complete(nets.traces(e, { { l.dst6, { window = 1 } } })) end
        end
        clean(e)
      end, { transport = transport })
    end)

    it(("to a few probes without the delay of a ring (%s)"):format(transport), function()
      local l = up "many 8"
      nets.inside(l, function(e)
        complete(nets.traces(e, { { l.dst4 }, { l.dst6 } }))
        complete(nets.traces(e, some(l, 200, 4)))
        loopback.sleep(110)
        local best = math.huge
        for _ = 1, 30 do
          local result = nets.traces(e, { { l.dst4, { window = 1 } } })[1]
          best = math.min(best, result.duration)
        end
        -- A ring has the kernel wait a millisecond with each of the 8 hops.
        assert.is_true(best < 6, best)
      end, { transport = transport })
    end)

    it(("to every answer when there are too many destinations to ask all routes (%s)"):format(
      transport), function()
      local l = up "many 2"
      nets.must(l, "ip rule add from 10.77.0.0/16 table 9; ip -6 rule add from fd77::/16 table 9")
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          complete(nets.traces(e, { { l["dst" .. v] } }))
          complete(nets.traces(e, some(l, 4000, v)))
        end
        clean(e)
        local s = e:stats()
        assert.equal("more destinations than routes can be asked for", e:transport().detour)
        assert.is_true(s.detours > 0 and s.detours < s.probes_sent, s.detours)
      end, { transport = transport })
    end)

    it(("also on a port that a user names later (%s)"):format(transport), function()
      local l = up "many 4"
      nets.inside(l, function(e)
        complete(nets.traces(e, { { l.dst4 }, { l.dst6 } }))
        local jobs = some(l, 200, 4)
        for i = 101, 200 do jobs[i][2].source_port = 3000 + i % 20 end
        complete(nets.traces(e, jobs))
        clean(e)
      end, { transport = transport })
    end)
  end
end)

describe("mtrlua", function()
  teardown(run.clean)
  after_each(nets.down)

  local SCRIPT = [[
local mtr = require "mtr"
local function open(t)
  local e, message = mtr.engine { transport = t, rate = "max" }
  if not e then print(message) return end
  local n = 0
  local function count(_, r) n = n + (r.stop_reason == "completed" and 1 or 0) end
  for i = 1, 100 do e:trace(arg[1], { flow = i }, count) end
  e:run()
  print(e:transport().name, e:transport().why, n)
  return e
end
for _ = 1, 2 do
  local first, second = open "packet", open "auto"
  open "packet"
  first:close()
  second:close()
end
open "auto"]]

  it("has packet sockets for one engine after it gave up its privileges", function()
    nets.needs_privilege(pending)
    local l = nets.up "chain 3"
    local path = run.file("kits.lua", SCRIPT)
    local output = l:exec(("$MTR_PROGRAM %s %s"):format(path, l.dst4))
    local once = "packet\tasked for\t100\n"
      .. "raw\traw sockets are permitted, no packet sockets left\t100\n"
      .. "EPERM: operation not permitted: all sockets that mtrlua prepared are in use; "
      .. "close an engine first\n"
    assert.equal(once .. once
      .. "packet\tpacket sockets are permitted and the rate is high\t100\n", output)
  end)
end)
