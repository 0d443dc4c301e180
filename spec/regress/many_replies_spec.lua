-- SPDX-License-Identifier: MIT
--
-- The JSON of a result with more than 65,535 replies put some of them to other hops; and a hop that
-- had more than 255 probes lost count of those that were not answered.
local mtr = require "mtr"

local function network(loss)
  return mtr.sim { nodes = { me = "192.0.2.1", r1 = "198.18.0.1", web = "203.0.113.9" },
    links = { { "me", "r1", delay = "1ms", loss = loss }, { "r1", "web", delay = "1ms" } } }
end

-- |first| probes to hop 1, then ten to hop 2.
local function burst(first)
  local sent, probe = 0, {}
  return { name = "burst", next = function()
    sent = sent + 1
    if sent > first + 10 then return nil end
    probe.ttl = sent <= first and 1 or 2
    return probe
  end }
end

describe("a result of many replies", function()
  it("has each at its own hop, beyond 65,535 of them", function()
    local e = assert(mtr.engine { sim = network(0), seed = 1 })
    local line
    mtr.campaign { engine = e, targets = { "203.0.113.9" }, on_trace = function(result)
      line = result:json()
    end, trace = { strategy = burst(65536), max_probes = "max", window = 255, max_ttl = 2 } }:run()
    local _, hops = line:gsub('"ttl":%d+,"addr":"', "")
    assert.equal(2, hops)
    local one, two = line:match '"ttl":1,(.*)"ttl":2,(.*)$'
    assert.equal(65536, select(2, one:gsub('"addr":"198.18.0.1","rtt"', "")))
    assert.equal(10, select(2, two:gsub('"addr":"203.0.113.9","rtt"', "")))
    e:close()
  end)

  it("counts those without answer though a hop had more than 255 probes", function()
    local e = assert(mtr.engine { sim = network(0.1), seed = 1 })
    local stats = mtr.stats()
    local result = assert(e:trace("203.0.113.9", stats:hooks { max_ttl = 2,
      strategy = mtr.strategy.rounds { rounds = 700, interval = 10 }, timeout = 100 }))
    for ttl = 1, 2 do
      local hop = stats:hop(ttl)
      assert.equal(700, hop.sent)
      assert(hop.unanswered > 20)
      assert.equal(hop.unanswered, result.hops[ttl].unanswered)
    end
    e:close()
  end)
end)
