-- SPDX-License-Identifier: MIT
--
-- The fleet over a real redis-server: each campaign keeps to its own rate, beside others and when
-- it changes.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

describe("the rate of a campaign of a fleet", function()
  local fleet = fleets.each(before_each, after_each)

  -- The probes per second of a campaign, in the time of the simulated network.
  local function speed(name)
    local probes, first, last = 0, math.huge, 0
    for _, result in ipairs(fleet:drained(name)) do
      probes = probes + result.probe_count
      first = math.min(first, result.start)
      last = math.max(last, result.start + result.duration / 1000)
    end
    return probes / (last - first)
  end

  -- Each has one lease: while a worker waits for Redis, the time of the network goes on.
  it("is its own, whatever other campaigns there are", function()
    fleet:good("submit", "a --rate 10 --lease 256 --prefix 1.0.0.0/24")
    fleet:good("submit", "b --rate 0 --lease 256 --prefix 1.0.1.0/24")
    fleet:good("submit", "c --rate 300 --lease 256 --prefix 1.0.2.0/24")
    fleet:good("work", "--name ams --once")
    local a, b, c = speed "a", speed "b", speed "c"
    assert.is_true(a > 9 and a < 10.1, a)
    assert.is_true(c > 200 and c < 303, c)
    assert.is_true(b > 1000, b)
  end)

  it("is not above the owner's, all campaigns together", function()
    fleet:good("submit", "a --rate 0 --lease 50 --prefix 1.0.0.0/24")
    fleet:good("submit", "b --rate 1000 --lease 50 --prefix 1.0.1.0/24")
    fleet:good("work", "--name ams --once --max-rate 100")
    local a, b = speed "a", speed "b"
    assert.is_true(a < 101 and b < 101, a .. " " .. b)
  end)

  -- In real time, over loopback: with the first rate it would last for days.
  it("changes for traces that are under way", function()
    fleet:good("submit", "a --rate 0.001 --lease 8 --prefix 127.0.1.0/28")
    local worker = redis.start(("%s fleet work --redis %s --name ams"):format(fleets.PROGRAM,
      fleet.url), run.dir() .. "/worker.log")
    redis.await("a lease", function() return fleet:status().campaigns[1].under_way > 0 end)
    fleet:good("resume", "a --rate 500")
    redis.await("its end", function() return fleet:field("a", "done") == 2 end)
    worker:kill(15)
    assert.equal(16, (fleets.dsts(fleet:drained "a")))
  end)
end)
