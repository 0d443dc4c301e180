-- SPDX-License-Identifier: MIT
--
-- What a worker says of itself.
local cjson = require "cjson"
local facts = require "mtr.fleet.facts"
local mtr = require "mtr"

describe("the facts of a worker", function()
  local engine, worker

  before_each(function()
    engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 },
      exclude = { "192.0.2.0/24", "2001:db8::/32" } })
    worker = { engine = engine, point = "ams", place = "a hall", max = 0, leases_here = {},
      count = 0, campaigns = {}, trouble = { messages = function() end },
      ticker = { count = 0, ms = 100 }, done_leases = 0, done_targets = 0 }
  end)

  after_each(function() engine:close() end)

  local function said() return cjson.decode(facts.text(worker)) end

  it("have the version, the sources of its probes and what its owner allows", function()
    worker.max, worker.protocols = 500, { udp = true, icmp = true }
    local now = said()
    local result
    engine:trace("1.0.0.1", {}, function(_, done) result = done end)
    engine:run()
    assert.equal(mtr.version, now.version)
    assert.equal(result.src, now.source4)
    assert.truthy(now.source6:find(":", 1, true))
    assert.same({ 500, 2, { "icmp", "udp" }, "ams", "a hall" },
      { now.max_rate, now.exclude, now.allow, now.point, now.place })
    worker.max, worker.protocols = 0, nil
    now = said()
    assert.same({}, { now.max_rate, now.allow })
  end)

  -- The seconds were rounded, and the message came again with each other number.
  it("have no clock that is off; if it is, that is said once, and when it changes much", function()
    local told = {}
    for _, seconds in ipairs { 0.5, -4.9, 7199.6, 7200.4, 7200.6, 7199.4, 7204, 7206, 3, -5.1, -6,
      7200.2 } do
      told[#told + 1] = (facts.clock(worker, seconds) or ""):match "%d+"
    end
    assert.same({ "7200", "7206", "5", "7200" }, told)
  end)

  it("have rates over the last ten seconds, of targets by campaign", function()
    local campaign = { name = "s", traced = 0 }
    worker.campaigns.s = campaign
    local lease = { campaign = campaign, targets = { "a", "b", "c" },
      count = function(self) return self.n end, n = 0 }
    worker.leases_here[lease] = true
    assert.same({ 0, 3 }, { said().rates_over, said().tracing })
    worker.ticker.count, lease.n = 20, 2                     -- after 2 s
    local now = said()
    assert.same({ 2, 1, 1 }, { now.rates_over, now.target_rates.s, now.tracing })
    -- The lease ends: its targets are still counted, once.
    worker.ticker.count, lease.n, campaign.traced = 40, 0, 3
    worker.leases_here = {}
    assert.equal(3 / 4, said().target_rates.s)
    worker.ticker.count = 130                                -- nothing more was traced
    said()
    worker.ticker.count = 160
    now = said()
    assert.is_nil(now.target_rates)
    assert.is_true(now.rates_over >= 10 and now.rates_over < 13)
  end)

  it("have the rate of its probes", function()
    said()
    engine:trace("1.0.0.1", {}, function() end)
    engine:run()
    worker.ticker.count = 40
    local now = said()
    assert.equal(engine:stats().probes_sent / 4, now.probe_rate)
    assert.is_true(now.probe_rate > 0)
  end)
end)
