-- SPDX-License-Identifier: MIT
--
-- The table of the rates of routers: what it expects, how long it waits, what it learns.
local router_rates = require "mtr.strategy.builtin.parts.router_rates"

describe("the rates of routers", function()
  local time, rates

  before_each(function()
    time = 0
    rates = router_rates.new(function() return time end)
  end)

  it("expects a router where it answered twice", function()
    rates:answered(true, "r1", "r2")
    assert.is_nil(rates:expected(true, "r1"))
    rates:answered(true, "r1", "r2")
    assert.equal("r2", rates:expected(true, "r1"))
    assert.is_nil(rates:expected(false, "r1"))
    for _ = 1, 4 do rates:answered(true, "r1", "r3") end
    assert.equal("r3", rates:expected(true, "r1"))
  end)

  it("expects nobody where many answer", function()
    for i = 1, 40 do rates:answered(true, "r1", "r" .. i % 5) end
    assert.is_nil(rates:expected(true, "r1"))
  end)

  -- Makes r2, behind r1, a router that others found to answer 10 per second.
  local function limited(users)
    for i = 1, users do rates:learn("w" .. i, "r2", 10 / users, 90, 1000) end
    for _ = 1, 2 do rates:answered(true, "r1", "r2") end
  end

  it("spaces probes by the share of a router's rate", function()
    for users = 1, 2 do
      time = 0
      rates = router_rates.new(function() return time end)
      limited(users)
      local waits = {}
      for i = 1, 4 do waits[i] = rates:wait(true, "r1", 250 * users) end
      assert.same({ 0, 100 * users, 200 * users, 250 * users }, waits)
      assert.equal(0, rates:wait(false, "r1", 250))
      assert.equal(0, rates:wait(true, "r9", 250))
      time = 400 * users
      assert.equal(0, rates:wait(true, "r1", 250))
    end
  end)

  it("reports routers with missing answers, and those that have a limit", function()
    rates:answered(true, "r0", "r1")
    rates:missed("r1", 2)
    limited(1)
    rates:answered(true, "r2", "r3")
    assert.is_nil(rates:report())
    time = 800
    local lines, ms = rates:report()
    table.sort(lines)
    assert.same({ { "r1 1 2", "r2 2 0" }, 800 }, { lines, ms })
    time = 1600
    assert.same({}, (rates:report()))
  end)

  it("says when there is something to report", function()
    local n = 0
    function rates.due()
      n = n + 1
      rates:report()
    end
    for i = 1, 35 do
      time = i * 100
      rates:answered(true, "r0", "r1")
    end
    assert.equal(3, n)
  end)

  it("lets a rate grow while no answers are missing, and forgets it in time", function()
    limited(1)
    rates:learn("w1", "r2", 10, 1, 1000)
    assert.is_near(11, rates.routers.r2.rate, 1e-9)
    for i = 1, 61 do
      time = i * 1000
      rates:report()
    end
    assert.equal(0, rates:wait(true, "r1", 250))
    assert.equal(0, rates:wait(true, "r1", 250))
  end)

  it("takes a router that answers fewer when it is asked less for a lossy one", function()
    for i = 0, 5 do rates:learn("w1", "r2", 70 * 0.6 ^ i, 30 * 0.6 ^ i, 1000) end
    assert.is_nil(rates.routers.r2.rate)
    rates:learn("w1", "r2", 70, 30, 1000)
    assert.is_nil(rates.routers.r2.rate)
  end)

  it("takes one that answers as many for a limited one", function()
    for i = 0, 5 do rates:learn("w1", "r2", 10, 90 * 0.6 ^ i, 1000) end
    assert.equal(10, rates.routers.r2.rate)
  end)
end)
