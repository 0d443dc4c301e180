-- SPDX-License-Identifier: MIT
--
-- Rounds over a path that loses probes go past the destination until it has answered at its own
-- hop; what it said to those probes made rows of their own in statistics. And rounds ended after a
-- million probes, with the advice to raise a limit that could not be raised.
local mtr = require "mtr"

local function lossy(loss)
  local nodes = { me = { "192.0.2.1", "2001:db8::1" }, web = { "203.0.113.9", "2001:db8:9::9" },
    no = { "203.0.113.8", "2001:db8:9::8" } }
  local path = { "me", delay = "1ms", loss = loss }
  for hop = 1, 5 do
    nodes["r" .. hop] = { "198.18.0." .. hop, "2001:db8:1::" .. hop }
    path[hop + 1] = "r" .. hop
  end
  nodes.r5.filter = { to = "no", answer = "admin" }
  path[7] = "web"
  return { nodes = nodes, links = { path, { "r5", "no" } } }
end

local function rounds(target, opts, seed, stats)
  local e = assert(mtr.engine { sim = mtr.sim(lossy(opts.loss)), seed = seed })
  opts.loss = nil
  local result = assert(e:trace(target, stats:hooks(opts)))
  local counters = e:stats()
  e:close()
  return result, counters
end

describe("rounds over a path that loses probes", function()
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do
      it(("have no rows past the destination: %s over IPv%d"):format(protocol, family), function()
        local further = 0
        for seed = 1, 20 do
          local stats = mtr.stats()
          local opts = { protocol = protocol, family = family, loss = 0.08,
            strategy = mtr.strategy.rounds { rounds = 20 } }
          function opts.on_reply(_, reply) if reply.ttl > 6 then further = further + 1 end end
          local result = rounds("web", opts, seed, stats)
          local hops = stats:hops()
          assert.same({ 6, 6, result.dst }, { result.hop_count, #hops, hops[#hops].addr })
          assert.is_true(hops[6].destination)
          local again = mtr.stats():add(result):hops()
          assert.equal(6, #again)
        end
        assert(further > 0)
      end)

      it(("nor past an unreachable: %s over IPv%d"):format(protocol, family), function()
        local further = 0
        for seed = 1, 20 do
          local stats = mtr.stats()
          local opts = { protocol = protocol, family = family, loss = 0.08,
            strategy = mtr.strategy.rounds { rounds = 20 } }
          function opts.on_reply(_, reply) if reply.ttl > 6 then further = further + 1 end end
          rounds("no", opts, seed, stats)
          local hops = stats:hops()
          assert.equal(6, #hops)
          assert.equal(hops[5].addr, hops[6].addr)
        end
        assert(further > 0)
      end)
    end
  end

  it("show a path that grows as it is now", function()
    local stats = mtr.stats()
    local function told(ttl, addr, final)
      stats:on_reply(nil, { ttl = ttl, addr = addr, rtt = 1, final = final })
    end
    told(1, "10.0.0.1")
    told(2, "203.0.113.9", true)
    told(3, "203.0.113.9", true)
    assert.equal(2, #stats:hops())
    told(2, "10.0.0.2")
    told(3, "203.0.113.9", true)
    assert.equal(3, #stats:hops())
  end)
end)

describe("max_probes", function()
  for _, limit in ipairs { 0, "max", 1600, 4294967295 } do
    it("may be any number, or none: " .. limit, function()
      local result, counters = rounds("web", { loss = 0, max_probes = limit, strategy =
        mtr.strategy.rounds { rounds = 250, interval = 1 } }, 1, mtr.stats())
      assert.same({ "completed", 6 }, { result.stop_reason, result.hop_count })
      assert(counters.probes_sent > 1499)
    end)
  end

  it("is none for rounds unless it is given", function()
    local most
    local opts = { loss = 0, strategy = mtr.strategy.rounds { rounds = 2 } }
    function opts.on_reply(trace) most = trace.options.max_probes end
    rounds("web", opts, 1, mtr.stats())
    assert.equal(0, most)
    local result = rounds("web", { loss = 0, max_probes = 50,
      strategy = mtr.strategy.rounds { rounds = 20 } }, 1, mtr.stats())
    assert.equal("error", result.stop_reason)
  end)

  it("is refused if it is no number of probes", function()
    local e = assert(mtr.engine { sim = mtr.sim(lossy(0)) })
    for _, wrong in ipairs { -1, 1.5, 2 ^ 32, "min", 0 / 0, 1 / 0 } do
      assert.error_matches(function()
        e:trace("web", { strategy = "rounds", max_probes = wrong })
      end, 'max_probes must be 1..4294967295, or "max"')
    end
    e:close()
  end)
end)
