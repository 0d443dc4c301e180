-- SPDX-License-Identifier: MIT
--
-- The rates of a worker's campaigns, and how many leases it takes, over a simulated engine.
local mtr = require "mtr"
local pacing = require "mtr.fleet.pacing"

local C = require "mtr.lib".C

describe("a worker's pace", function()
  local engine

  before_each(function()
    engine = assert(mtr.engine { sim = mtr.sim.internet { seed = 1, prefixes = 9 }, seed = 1 })
  end)

  after_each(function() engine:close() end)

  local function worker(max, window)
    local self = { engine = engine, max = max or 0, window = window or 1000, leases_here = {},
      name = "w", posted = {} }
    self.link = { post = function(_, words) self.posted[#self.posted + 1] = words end }
    pacing.begin(self)
    return self
  end

  local function campaign(name, rate, size)
    return { name = name, group = "all", facts = { rate = rate, lease = tostring(size or 200) } }
  end

  -- A lease under way, with so many targets of which some are done.
  local function hold(self, c, targets, done)
    local lease = { campaign = c, targets = {}, id = "1-" .. targets, lane = pacing.lane(self, c) }
    for i = 1, targets do lease.targets[i] = "1.0.0.1" end
    function lease.count() return done or 0 end
    function lease.stop() lease.lost = true end
    self.leases_here[lease] = true
    return lease
  end

  it("has a lane for each campaign with a rate, and the owner's rate above all", function()
    local self = worker(300)
    assert.equal(300, engine.rate)
    local a, b, free = campaign("a", "10"), campaign("b", "20/s"), campaign("c", "0")
    local first = assert(pacing.lane(self, a))
    assert.equal(first, pacing.lane(self, a))
    assert.not_equal(first, pacing.lane(self, b))
    assert.same({ n = 1 }, { n = select("#", pacing.lane(self, free)), pacing.lane(self, free) })
    pacing.forget(self, "a")
    assert.equal(-116, C.mtr_lane_close(engine.c, first))
    pacing.finish(self)
    assert.same({}, self.lanes)
    worker(0)
    assert.equal(0, engine.rate)
  end)

  it("keeps the lane when the rate changes, also to none and back", function()
    local self, a = worker(), campaign("a", "10")
    local lane = pacing.lane(self, a)
    for _, case in ipairs { { "500", 500 }, { "0", 1e9 }, { "7", 7 } } do
      a.facts.rate = case[1]
      pacing.follow(self, a)
      assert.equal(case[2], self.lanes.a.rate)
    end
    assert.equal(lane, pacing.lane(self, a))
    assert.same({}, self.posted)
  end)

  it("gives leases back that began without a rate, when there is one", function()
    local self, a, b = worker(), campaign("a", "0"), campaign("b", "0")
    local lease, other, handing = hold(self, a, 3), hold(self, b, 4), hold(self, a, 5)
    handing.handing = true
    a.facts.rate = "10"
    pacing.follow(self, a)
    assert.same({ true, nil, nil }, { lease.lost, other.lost, handing.lost })
    assert.equal(1, #self.posted)
    local words = self.posted[1]
    assert.same({ "mtr:fleet:{a}:leases", "all", "w", "1-3" }, { unpack(words, 4) })
    hold(self, a, 6)                   -- it has a lane
    pacing.follow(self, a)
    assert.equal(1, #self.posted)
  end)

  it("takes as many leases as the window has room for, at least two", function()
    local self, a, b = worker(), campaign("a", "0"), campaign("b", "0", 2000)
    assert.same({ 5, 2 }, { pacing.room(self, a), pacing.room(self, b) })
    for _ = 1, 4 do hold(self, a, 200) end
    assert.equal(1, pacing.room(self, a))
    assert.is_true(pacing.room(self, b) <= 0)
  end)

  it("takes no more leases than the rate needs, and one as the last comes to its end", function()
    local self = worker()
    local a, slow = campaign("a", "20", 10), campaign("b", "0.01")
    assert.equal(2, pacing.room(self, a))
    hold(self, a, 10)
    assert.equal(1, pacing.room(self, a))
    hold(self, a, 10)
    assert.equal(0, pacing.room(self, a))
    assert.equal(1, pacing.room(self, slow))
    hold(self, slow, 200, 199)
    assert.is_true(pacing.room(self, slow) <= 0)
    self.leases_here = {}
    hold(self, slow, 200, 200)
    assert.equal(1, pacing.room(self, slow))
    assert.equal(5, pacing.room(self, campaign("c", "100000")))
    -- The owner's rate does the same.
    assert.equal(2, pacing.room(worker(20), campaign("d", "0", 10)))
    assert.equal(2, pacing.room(worker(20), campaign("d", "1000", 10)))
  end)

  it("lets no campaign with a rate take the room of others", function()
    local self, slow, fast = worker(), campaign("a", "20"), campaign("b", "0")
    hold(self, slow, 200)
    assert.equal(5, pacing.room(self, fast))
    for _ = 1, 5 do hold(self, fast, 200) end
    assert.equal(1, pacing.room(self, campaign("c", "20")))
  end)
end)
