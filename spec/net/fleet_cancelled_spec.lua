-- SPDX-License-Identifier: MIT
--
-- Workers at a campaign that is cancelled. To cancel removes the stream of leases, and a worker
-- that asked for leases, or handed one in, before it had looked at the campaign again ended with
-- "Redis says: NOGROUP".
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"

describe("a worker whose campaign is cancelled", function()
  local fleet = fleets.each(before_each, after_each)

  -- It still works: for another campaign, and until it is ended.
  local function goes_on(worker)
    fleet:good("submit", "other --prefix 1.0.2.0/25")
    redis.await("the other campaign", function() return fleet:field("other", "done_targets") == 128
    end)
    assert.is_false(worker:ended())
    worker:kill(15)
    assert.is_nil(worker:text():find("Redis says", 1, true), worker:text())
    assert.equal("", fleet:redis "HKEYS mtr:fleet:workers")
  end

  for _, share in ipairs { "split", "all" } do
    it("asks for no more of its leases: " .. share, function()
      local words = share == "all" and "--share all --points ams " or ""
      fleet:good("submit", "s " .. words .. "--prefix 1.0.0.0/28")
      local worker = fleet:start("work", "--name ams")
      redis.await("a result", function() return fleet:field("s", "done") == 1 end)
      fleet:good("cancel", "s")
      fleet:beats("ams", 2)
      goes_on(worker)
    end)
  end

  it("gives up those that it has", function()
    fleet:good("submit", "s --lease 10 --most-bytes 20K --prefix 1.0.0.0/23")
    local worker = fleet:start("work", "--name ams --window 100")
    redis.await("results", function() return fleet:field("s", "bytes") >= 20000 end)
    fleet:beats("ams", 1)
    local done = fleet:field("s", "done")
    fleet:good("cancel", "s")
    fleet:good("drain", "s")           -- there is room for more results now
    goes_on(worker)
    assert.equal(done, fleet:field("s", "done"))
    assert.equal("0", fleet:redis "EXISTS mtr:fleet:{s}:leases")
  end)

  it("ends with --once", function()
    fleet:good("submit", "s --lease 10 --most-bytes 20K --prefix 1.0.0.0/23")
    local worker = fleet:start("work", "--name ams --once")
    redis.await("results", function() return fleet:field("s", "bytes") >= 20000 end)
    fleet:good("cancel", "s")
    worker:wait()
    assert.is_nil(worker:text():find("Redis says", 1, true), worker:text())
    assert.truthy(worker:text():find(" leases, ", 1, true), worker:text())
  end)

  it("says so if only its group is gone", function()
    fleet:good("submit", "s --share all --points ams,fra --prefix 1.0.0.0/28")
    fleet:redis "XGROUP DESTROY mtr:fleet:{s}:leases point:ams"
    local got = fleet:run("work", "--name ams --once")
    assert.equal(1, got.status)
    assert.truthy(got.err:find("fleet: campaign s is passed over: Redis says: NOGROUP", 1, true),
      got.err)
  end)
end)
