-- SPDX-License-Identifier: MIT
--
-- The fleet over a real redis-server: a campaign with which something is wrong beside a good one. A
-- worker says so once, passes it over, and goes on with the good one.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("beside a good campaign of a fleet, a worker passes over one", function()
  local fleet = fleets.each(before_each, after_each)

  before_each(function()
    fleet:good("submit", "bad --lease 20 --prefix 1.0.1.0/26")
  end)

  local function times(text, part)
    local n, at = 0, 0
    while true do
      at = text:find(part, at + 1, true)
      if not at then return n end
      n = n + 1
    end
  end

  for what, case in pairs {
    ["of a later version"] = { "HSET mtr:fleet:{bad}:meta version 3",
      "campaign bad has version 3; this mtrlua knows version 2", true },
    ["without options"] = { "HSET mtr:fleet:{bad}:meta trace garbage",
      "mtr:fleet:{bad}:meta: the field trace is no JSON object", true },
    ["with options that there are not"] = { "HSET mtr:fleet:{bad}:meta trace '{\"bogus\":1}'",
      'mtr:fleet:{bad}:meta: the field trace: trace: unknown option "bogus"' },
    ["with options that contradict each other"] = {
      "HSET mtr:fleet:{bad}:meta trace '{\"first_ttl\":9,\"max_ttl\":3}'",
      "the field trace: trace: first_ttl 9 is above max_ttl 3" },
    ["with options that only a start shows to be wrong"] = {
      "HSET mtr:fleet:{bad}:meta trace '{\"interface\":\"nope0\"}'", 'interface "nope0"' },
    ["with a rate that is no number"] = { "HSET mtr:fleet:{bad}:meta rate abc",
      'mtr:fleet:{bad}:meta: the field rate is "abc"' },
    ["whose leases are no stream"] = { "SET mtr:fleet:{bad}:leases foreign", "WRONGTYPE" },
    ["whose group is gone"] = { "XGROUP DESTROY mtr:fleet:{bad}:leases all", "NOGROUP" },
  } do
    it(what, function()
      fleet:good("submit", "good --lease 20 --prefix 1.0.0.0/26")
      fleet:redis(case[1])
      local worker = fleet:start("work", "--name ams")
      worker:says "fleet: campaign bad is passed over: "
      redis.await("the good campaign", function() return fleet:field("good", "done") == 4 end)
      fleet:beats("ams", 4)
      assert.is_false(worker:ended())
      assert.equal(1, times(worker:text(), "passed over"), worker:text())
      assert.truthy(worker:text():find(case[2], 1, true), worker:text())
      local said = fleet:redis "HGET mtr:fleet:workers ams"
      assert.truthy(said:find('"passed_over":{"bad":"', 1, true), said)
      -- It looks bad beside the good one, if nobody can know what it means.
      if case[3] then
        local campaigns = fleet:status().campaigns
        assert.equal("bad", campaigns[1].name)
        assert.truthy(campaigns[1].problem:find(case[2], 1, true))
        assert.equal("done", campaigns[2].state)
        assert.truthy(fleet:good("status").out:find(case[2], 1, true))
        assert.truthy(fleet:good("status", "-o prometheus").out:find('{campaign="good"}', 1, true))
      end
      worker:kill(15)
      local got = fleet:run("work", "--name fra --once")
      assert.equal(1, got.status)
      assert.truthy(got.err:find("not all is done; passed over: bad", 1, true), got.err)
    end)
  end

  it("until it is mended", function()
    fleet:redis "HSET mtr:fleet:{bad}:meta version 3"
    local worker = fleet:start("work", "--name ams")
    worker:says "campaign bad is passed over"
    fleet:redis "HSET mtr:fleet:{bad}:meta version 2 trace '{\"interface\":\"nope0\"}'"
    worker:says 'interface "nope0"'
    -- What it could not trace is not kept from others.
    redis.await("what is given back", function()
      local first = fleet:redis "XPENDING mtr:fleet:{bad}:leases all - + 1"
      return (tonumber(first:match "\n(%d%d%d+)\n") or 0) >= 86400000
    end)
    fleet:redis "HSET mtr:fleet:{bad}:meta trace '{}'"
    worker:says "campaign bad goes on"
    redis.await("its end", function() return fleet:field("bad", "done") == 4 end)
    worker:kill(15)
    assert.equal(64, (fleets.dsts(fleet:drained "bad")))
  end)

  it("not for entries that are no leases: they are acknowledged and counted", function()
    local add = "XADD mtr:fleet:{bad}:leases '*' "
    fleet:redis(add .. "foreign entry")
    fleet:redis(add .. "lease 5 count 7")
    fleet:redis "HINCRBY mtr:fleet:{bad}:meta leases 1"
    local got = fleet:good("work", "--name ams --once")
    assert.truthy(got.err:find("is no lease of this version; it is acknowledged and counted", 1,
      true), got.err)
    assert.same({ 5, 1, 7 }, { fleet:field("bad", "done"), fleet:field("bad", "foreign"),
      fleet:field("bad", "failed") })
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{bad}:leases")
    got = fleet:good("drain", "bad")
    assert.equal(64, #run.records(got.out))
    assert.truthy(got.err:find("ams: lease 5: mtr:fleet:{bad}:leases: the entry ", 1, true),
      got.err)
    assert.truthy(got.err:find("7 targets could not be traced", 1, true), got.err)
  end)
end)

describe("a worker of a fleet in which something raises", function()
  local fleet = fleets.each(before_each, after_each)

  for what, how in pairs {
    ["as it takes leases"] = [[local taking = require "mtr.fleet.taking"
      local run, n = taking.run, 0
      function taking.run(self)
        n = n + 1
        return n > 1 and error "raised here" or run(self)
      end]],
    ["as it looks at campaigns"] = [[local campaigns = require "mtr.fleet.campaigns"
      local look, n = campaigns.look, 0
      function campaigns.look(self)
        n = n + 1
        return n > 1 and error "raised here" or look(self)
      end]],
    ["as it hands in"] = [[local leases = require "mtr.fleet.lease"
      local read = leases.read
      function leases.read(...)
        local lease, bug, empty = read(...)
        function lease.finish() error "raised here" end
        return lease, bug, empty
      end]],
  } do
    it("ends and gives its leases back: " .. what, function()
      -- Nobody drains, so the worker has leases in its hands.
      fleet:good("submit", "s --lease 10 --most-bytes 2K --prefix 1.0.0.0/25")
      local script = run.file("raising.lua", how .. ([[

        local mtr = require "mtr"
        local fleet = assert(mtr.fleet.open { redis = %q })
        print(fleet:work { name = "ams", lease_time = "1h" })
        fleet:close()
      ]]):format(fleet.url))
      local got = run.run(("%s --sim %s %s"):format(fleets.PROGRAM, fleet.net, script))
      local all = got.out .. got.err
      assert.truthy(got.out:find("^nil\tETASK: a fault of mtrlua ends the worker: .*raised here"),
        all)
      assert.truthy(all:find("stack traceback:", 1, true), all)
      assert.equal("", fleet:redis "HKEYS mtr:fleet:workers")
      local worker = fleet:start("work", "--name fra --once --lease-time 1h")
      assert.equal(128, (fleets.dsts(fleet:drained "s")))
      worker:wait()
    end)
  end
end)
