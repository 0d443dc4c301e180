-- SPDX-License-Identifier: MIT
--
-- The owner of a vantage point has the last word: what a worker may send, whereto and how fast,
-- stands above what campaigns want. Campaigns may change their rate while they are traced.
local fleets = require "spec.support.real.fleet"
local lab = require "spec.lab.lab"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

-- The seconds from the first start to the last end of some results, and their probes.
local function span(results)
  local first, last, probes = math.huge, 0, 0
  for _, result in ipairs(results) do
    first = math.min(first, result.start)
    last = math.max(last, result.start + result.duration / 1000)
    probes = probes + result.probe_count
  end
  return last - first, probes
end

describe("a worker's limits", function()
  local fleet = fleets.each(before_each, after_each)

  it("keep prefixes free of probes; their targets are counted", function()
    fleet:good("submit", "s --lease 50 --prefix 1.0.0.0/24")
    local list = run.file("exclude", "# mine\n1.0.0.0/26\n1.0.0.128/25\n")
    fleet:good("work", "--name ams --once --exclude " .. list)
    local got = fleet:good("drain", "s")
    local results = run.records(got.out)
    assert.equal(64, #results)
    for _, result in ipairs(results) do
      local last = tonumber(result.dst:match "%d+$")
      assert.is_true(last >= 64 and last < 128, result.dst)
    end
    assert.matches("64 results of 6 leases written; 192 targets could not be traced", got.err)
    assert.matches("ams: .*exclude", got.err)
  end)

  it("name the protocols that are sent; other campaigns are left to others", function()
    fleet:good("submit", "echo --lease 50 --prefix 1.0.0.0/26")
    fleet:good("submit", "syn --protocol tcp --lease 50 --prefix 1.0.1.0/26")
    local worker = fleet:start("work", "--name ams --allow tcp")
    redis.await("what is allowed", function() return fleet:field("syn", "done") == 2 end)
    assert.equal(0, fleet:field("echo", "done"))
    worker:kill(15)
    assert.truthy(worker:text():find("echo", 1, true), worker:text())
    for _, result in ipairs(fleet:drained "syn") do assert.equal("tcp", result.protocol) end
    fleet:good("work", "--name fra --once --allow icmp,tcp")
    assert.equal(64, #fleet:drained "echo")
  end)

  for _, case in ipairs { { "--max-rate 300", "--rate 9000", 300 },
    { "--max-rate 9000", "--rate 300", 300 }, { "", "--rate 300", 300 } } do
    local owner, campaign, most = unpack(case)
    -- One lease: while a worker waits for Redis, the time of the network goes on.
    it(("are above the campaign's rate: %s, %s"):format(owner, campaign), function()
      fleet:good("submit", "s --lease 128 --prefix 1.0.0.0/25 " .. campaign)
      fleet:good("work", "--name ams --once " .. owner)
      local seconds, probes = span(fleet:drained "s")
      assert.is_true(probes > 200)
      assert(probes / seconds < 1.1 * most, probes / seconds)
      assert(probes / seconds > 0.5 * most, probes / seconds)
    end)
  end

  it("follow a campaign's rate while it is traced", function()
    local available, reason = lab.available()
    if not available then pending(reason) end
    fleet:good("submit", "s --prefix 127.1.0.0/24 --rate 20 --attempts 1 --lease 8")
    local worker = redis.start(("%s --transport raw fleet work --redis %s --name lo --once")
      :format(fleets.PROGRAM, fleet.url), run.dir() .. "/lo.log")
    redis.await("two leases", function() return fleet:field("s", "done") >= 2 end)
    fleet:good("resume", "s --rate 1000")
    worker:wait()
    local results = fleet:drained "s"
    local sent = {}
    for i, result in ipairs(results) do
      sent[i] = result.start + result.hops[1].replies[1].at / 1000
    end
    table.sort(sent)
    assert.equal(256, #sent)
    -- The first leases went at the old rate, the last ones much faster.
    assert(sent[16] - sent[1] > 15 / 20 * 0.8, sent[16] - sent[1])
    assert(sent[256] - sent[156] < 100 / 20 * 0.5, sent[256] - sent[156])
  end)
end)
