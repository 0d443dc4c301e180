-- SPDX-License-Identifier: MIT
--
-- The fleet over a real redis-server: workers that share a campaign, pause, rest and give back.
-- They trace a simulated network.
local fleets = require "spec.support.real.fleet"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

local dsts = fleets.dsts

describe("the fleet", function()
  local fleet = fleets.each(before_each, after_each)

  local LIST = "--prefix 1.0.0.0/24 --prefix 1.0.1.0/25"

  it("traces each target once", function()
    assert.equal("campaign s: 384 targets in 8 leases\n",
      fleet:good("submit", "s --lease 50 --list mine " .. LIST).out)
    fleet:good("work", "--name ams --once")
    local results = fleet:drained "s"
    assert.equal(384, (dsts(results)))
    assert.equal(384, #results)
    assert.equal("s", results[1].campaign)
    assert.equal("ams", results[1].monitor)
    assert.equal("mine", results[1].list)
    local now = fleet:status()
    assert.same({ "done", 384, 8, 8, 0 }, { now.campaigns[1].state, now.campaigns[1].targets,
      now.campaigns[1].leases, now.campaigns[1].done, now.campaigns[1].undrained_bytes })
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:results")
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:leases")
  end)

  it("counts what it drains and cannot read", function()
    fleet:good("submit", "s --lease 50 " .. LIST)
    fleet:good("work", "--name ams --once")
    fleet:redis("XADD mtr:fleet:{s}:results '*' lease 99 point x worker x part 1/1 targets 2 "
      .. "failed 0 complaints '' results \"$(printf '[1]\\nno\\033[m\\n\\n{')\"")
    local got = fleet:run("drain", "s")
    assert.equal(1, got.status)
    assert.equal(384, #run.records(got.out))
    local id = got.err:match "results (%d+%-%d+): "
    assert.equal("fleet: 384 results of 9 leases written; 0 targets could not be traced; 0 leases "
      .. "came twice\nfleet: 3 lines could not be read and are in no output; the first: EBADMSG: "
      .. "mtr:fleet:{s}:results " .. id .. ": line 1: this is no result of mtrlua\n", got.err)
    assert.equal("0", fleet:redis "XLEN mtr:fleet:{s}:results")
  end)

  it("traces each target from every vantage point, or from some", function()
    fleet:good("submit", "all --share all --points ams,fra,nyc --lease 20 --prefix 1.0.0.0/26")
    fleet:good("submit",
      "some --share n --from 2 --points ams,fra,nyc --lease 4 --prefix 1.0.1.0/26")
    for _, name in ipairs { "ams/1", "fra", "nyc/x" } do
      fleet:good("work", "--once --name " .. name)
    end
    local results = fleet:drained "all"
    assert.equal(192, #results)
    for dst, n in pairs(select(2, dsts(results))) do assert.equal(3, n, dst) end
    results = fleet:drained "some"
    assert.equal(128, #results)
    local points = {}
    for _, result in ipairs(results) do
      points[result.monitor] = (points[result.monitor] or 0) + 1
    end
    for dst, n in pairs(select(2, dsts(results))) do assert.equal(2, n, dst) end
    for _, name in ipairs { "ams", "fra", "nyc" } do assert.is_true(points[name] > 0) end
  end)

  it("goes on with a submission that was stopped", function()
    local list = run.file("list", "")
    local file = io.open(list, "w")
    for i = 0, 299 do file:write(("1.0.%d.%d\n"):format(i / 200, i % 200 + 1)) end
    file:close()
    -- Only some leases fit; the submission waits, and is killed.
    local words = "s --lease 10 --most-leases 16 -t " .. list
    local submission = fleet:start("submit", words)
    redis.await("16 leases", function()
      return fleet:redis "XLEN mtr:fleet:{s}:leases" == "16"
    end)
    submission:kill()
    assert.truthy(fleet:good("status").out:find("160 targets so far", 1, true))
    local worker = fleet:start("work", "--name ams --once")
    assert.equal("campaign s: 300 targets in 30 leases\n", fleet:good("submit", words).out)
    worker:wait()
    local n, count = dsts(fleet:drained "s")
    assert.equal(300, n)
    for _, times in pairs(count) do assert.equal(1, times) end
    -- Another list, or other options, is another campaign.
    local got = fleet:run("submit", "s --lease 10 -p udp -t " .. list)
    assert.equal(1, got.status)
    assert.truthy(got.err:find("there is a campaign s already, and its trace is", 1, true), got.err)
  end)

  it("goes on with a campaign of version 1, whose results are lines", function()
    fleet:good("submit", "s --results json " .. LIST)
    fleet:redis "HSET mtr:fleet:{s}:meta version 1"
    assert.equal("1", fleet:redis "HDEL mtr:fleet:{s}:meta results")
    fleet:good("submit", "s --results json " .. LIST)
    local got = fleet:run("submit", "s " .. LIST)
    assert.equal(1, got.status)
    assert.truthy(got.err:find('its results is "json", not "packed"', 1, true), got.err)
    fleet:good("work", "--name ams --once")
    assert.equal(384, #fleet:drained "s")
  end)

  it("pauses, resumes and cancels", function()
    fleet:good("submit", "s --lease 4 " .. LIST)
    fleet:good("pause", "s")
    local worker = fleet:start("work", "--name ams --lease-time 1s")
    fleet:beats("ams", 3)              -- it has looked for leases in between
    local c = fleet:status().campaigns[1]
    assert.same({ "paused", 0 }, { c.state, c.done })
    fleet:good("resume", "s --rate 100000")
    assert.equal(384, #fleet:drained "s")
    -- A worker says so with its next sign of life.
    redis.await("the worker's sums", function()
      return fleet:status().workers[1].facts.done_targets == 384
    end)
    worker:kill(15)
    assert.same({}, fleet:status().workers)
    fleet:good("submit", "t " .. LIST)
    fleet:good("cancel", "t")
    assert.equal(0, #fleet:drained "t")
    local got = fleet:run("resume", "t")
    assert.equal(1, got.status)
    assert.equal("fleet: ECANCELED: campaign t was cancelled\n", got.err)
  end)

  it("gives leases back when it is interrupted", function()
    fleet:good("submit", "s --lease 10 --most-bytes 20K --prefix 1.0.0.0/23")
    local worker = fleet:start("work", "--name a/1 --window 100")
    -- It rests with leases in its hands, as nobody drains.
    redis.await("results", function() return fleet:field("s", "bytes") >= 20000 end)
    worker:kill(15)
    assert.truthy(worker:text():find("mtrlua: interrupted", 1, true))
    assert.equal("", fleet:redis "HKEYS mtr:fleet:workers")
    assert.is_true(fleet:field("s", "done") < 52)
    worker = fleet:start("work", "--name a/2 --once")
    local n, count = dsts(fleet:drained "s")
    worker:wait()
    assert.equal(52, fleet:field("s", "done"))
    assert.equal(512, n)
    for _, times in pairs(count) do assert.equal(1, times) end
  end)

  it("rests when nobody drains, and goes on", function()
    fleet:good("submit", "s --lease 20 --most-bytes 30K " .. LIST)
    local worker = fleet:start("work", "--name ams --once --lease-time 1s")
    redis.await("results", function() return fleet:field("s", "bytes") >= 30000 end)
    fleet:beats("ams", 3)
    local c = fleet:status().campaigns[1]
    assert.is_true(c.undrained_bytes >= 30000 and c.undrained_bytes < 40000, c.undrained_bytes)
    assert.is_true(c.done < c.leases)
    assert.equal(384, #fleet:drained "s")
    worker:wait()
  end)
end)
