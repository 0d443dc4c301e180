-- SPDX-License-Identifier: MIT
--
-- The built-in strategies over networks in Lua; the sweep's twin has a spec of its own.
local bit = require "bit"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local strategist = require "spec.support.virtual.strategist"
local mda_diamond = require "mtr.strategy.builtin.parts.mda_diamond"
local mtr = require "mtr"

local DST = "203.0.113.9"

local d

-- Runs a strategy over a path; the strategist and what the trace's DONE event says.
local function run(strategy, network, o)
  network.dst = network.dst or DST
  d = drive.new{ network = path.new(network) }
  local s = strategist.start(d, strategy, o)
  s:run()
  return s, d:done(s.handle)
end

local function ttls()
  local list = {}
  for i, p in ipairs(d.sent) do list[i] = p.ttl end
  return list
end

local function straight(n)
  local network = {}
  for i = 1, n do network[i] = "10.0.0." .. i end
  return network
end

describe("built-in strategies: #luajit", function()
  after_each(function()
    if d then d:close() end
    d = nil
  end)

  describe("sequential", function()
    it("has one probe out at a time, hop by hop, to the target", function()
      local s, done = run(mtr.strategy.sequential, straight(4))
      assert.same({ 1, 2, 3, 4, 5 }, ttls())
      assert.equal("10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 203.0.113.9 completed",
        d:summary(s.handle))
      for i = 2, 5 do assert.is_true(d.sent[i].at > d.sent[i - 1].at) end
      assert.equal(5, done.probe)
    end)

    it("probes each hop until it has its answers or its attempts are used up", function()
      local s = run(mtr.strategy.sequential, { "10.0.0.1", false, "10.0.0.3" },
        { queries = 2, attempts = 2, timeout = 100 })
      assert.same({ 1, 1, 2, 2, 2, 2, 3, 3, 4, 4 }, ttls())
      assert.equal("10.0.0.1 * 10.0.0.3 203.0.113.9 completed", d:summary(s.handle))
    end)

    for reason, network in pairs{
      gaplimit = { "10.0.0.1", false, false, false, dest = false },
      unreach = { "10.0.0.1", { from = "10.0.0.2", kind = "UNREACH", icmp_code = 10 } },
      hoplimit = straight(9),
    } do
      it("ends by " .. reason, function()
        local _, done = run(mtr.strategy.sequential, network,
          { gap_limit = 3, max_ttl = 4, timeout = 100 })
        assert.equal(reason, done.reason)
        assert.equal(reason == "unreach" and 10 or 0, done.icmp_code)
        assert.equal(reason == "unreach" and 2 or 4, done.ttl)
      end)
    end
  end)

  describe("rounds", function()
    it("send every hop one probe a round, and no further than the target", function()
      local s, done = run(mtr.strategy.rounds { rounds = 3, interval = 500 }, straight(3),
        { gap_limit = 1 })
      local at = {}
      for _, p in ipairs(d.sent) do
        local round = math.floor((p.at - 1e12) / 5e8) + 1
        at[round] = at[round] or {}
        table.insert(at[round], p.ttl)
      end
      assert.same({ { 1, 2, 3, 4 }, { 1, 2, 3, 4 }, { 1, 2, 3, 4 } }, at)
      assert.same({ "completed", 4, 12 }, { done.reason, done.ttl, done.probe })
      local attempts = {}
      for i, e in ipairs(d:replies(s.handle)) do attempts[i] = e.attempt end
      assert.same({ 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3 }, attempts)
    end)

    it("go one hop further after one in which the target was silent, and come back", function()
      local network, n = straight(2), 0
      network.dest = function(p)
        if p.ttl == 3 then n = n + 1 end
        return (p.ttl > 3 or n ~= 2) and { kind = "ECHO_REPLY" }
      end
      local _, done = run(mtr.strategy.rounds { rounds = 4, interval = 5000 }, network,
        { window = 1 })
      assert.same({ 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3 }, ttls())
      assert.same({ "completed", 3 }, { done.reason, done.ttl })
    end)
  end)

  describe("random", function()
    it("probes every TTL once in an order of its own, but not behind the target", function()
      local s, done = run(mtr.strategy.random, straight(9), { max_ttl = 20, window = 1 })
      local seen, sorted = {}, true
      for i, ttl in ipairs(ttls()) do
        assert.is_nil(seen[ttl])
        seen[ttl] = i
        sorted = sorted and (i == 1 or ttl > d.sent[i - 1].ttl)
      end
      for ttl = 1, 9 do assert.is_not_nil(seen[ttl]) end
      assert.is_false(sorted)
      assert.same({ "completed", 10 }, { done.reason, done.ttl })
      assert.is_true(#d.sent < 20 and #d:of("HOP", s.handle) == 10)
    end)

    it("has the same order for the same seed and target", function()
      local orders = {}
      for i, seed in ipairs{ 1, 1, 2 } do
        run(mtr.strategy.random { seed = seed }, straight(9), { window = 30 })
        orders[i] = table.concat(ttls(), " ")
        d:close()
      end
      d = nil
      assert.equal(orders[1], orders[2])
      assert.not_equal(orders[1], orders[3])
    end)
  end)

  describe("doubletree", function()
    local function trace(state, network, h)
      local s, done = run(mtr.strategy.doubletree { state = state, h = h or 3 }, network)
      return s.result.doubletree, done
    end

    it("goes forward from the middle to the target, and then back to the source", function()
      local ends, done = trace(mtr.strategy.doubletree.new_state(), straight(5))
      assert.same({ 3, 4, 5, 6, 2, 1 }, ttls())
      assert.same({ forward = "completed", backward = "first_ttl", h = 3 }, ends)
      assert.same({ "completed", 6 }, { done.reason, done.ttl })
    end)

  it("stops at known addresses: forward the prefix's, backward the source's", function()
      local state = mtr.strategy.doubletree.new_state()
      trace(state, straight(5))
      d:close()
      local ends, done = trace(state, { "10.0.0.1", "10.0.0.2", "10.0.7.3", "10.0.0.4",
        dst = "203.0.113.77" })
      assert.same({ 3, 4, 2 }, ttls())
      assert.same({ forward = "gss", backward = "lss", h = 3 }, ends)
      assert.same({ "gss", 4 }, { done.reason, done.ttl })
      d:close()
      -- Another prefix: only what is near the source is known.
      ends, done = trace(state, { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4",
        dst = "198.51.100.7", dest = false })
      assert.equal("gaplimit", ends.forward)
      assert.same({ "lss", 9 }, { done.reason, done.ttl })
      assert.same({ 3, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 2 }, ttls())
    end)

    it("finds a target that is nearer than where it begins", function()
      local _, done = trace(false, straight(1), 5)
      assert.same({ "completed", 2 }, { done.reason, done.ttl })
      assert.same({ 5, 4, 3, 2, 1 }, ttls())
    end)
  end)

  describe("mda", function()
    it("has the stopping rule of the paper", function()
      local field = {
        [95] = { 6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70 },
        [99] = { 8, 15, 21, 28, 36, 43, 51, 58, 66, 74, 82, 90 },
      }
      for confidence, row in pairs(field) do
        for known, n in ipairs(row) do
          assert.equal(n, mda_diamond.enough(confidence, known))
        end
      end
    end)

    -- A place where flows are spread over `width` routers, by a hash that differs with the seed.
    local function spread(net, width, seed)
      return function(p)
        local x = bit.bxor(p.sport * 7919, seed * 104729)
        for _ = 1, 3 do
          x = bit.bxor(x, bit.lshift(x, 13))
          x = bit.bxor(x, bit.rshift(x, 17))
          x = bit.bxor(x, bit.lshift(x, 5))
        end
        return ("10.%d.0.%d"):format(net, x % width + 1)
      end
    end

    it("finds the diamond: its nodes and its links", function()
      local s, done = run(mtr.strategy.mda { confidence = 99 },
        { "10.1.0.1", spread(2, 4, 1), "10.3.0.1" }, { protocol = "udp" })
      local mda = s.result.mda
      assert.same({ "completed", 4 }, { done.reason, done.ttl })
      assert.equal(99, mda.confidence)
      local widths, links = {}, {}
      for i, hop in ipairs(mda.hops) do widths[i], links[i] = #hop.nodes, #hop.links end
      assert.same({ 1, 4, 1, 1 }, widths)
      assert.same({ 1, 4, 4, 1 }, links)
      assert.same({ from = "10.3.0.1", to = DST }, mda.hops[4].links[1])
    end)

    it("shows silent nodes, and ends where all are silent", function()
      local s, done = run(mtr.strategy.mda, { "10.1.0.1", false, "10.3.0.1", dest = false },
        { protocol = "udp", timeout = 100, gap_limit = 2 })
      local mda = s.result.mda
      assert.same({ "gaplimit", 5 }, { done.reason, done.ttl })
      assert.same({ { from = "*", to = "10.3.0.1" } }, mda.hops[3].links)
      assert.same({ "*" }, mda.hops[5].nodes)
    end)

    it("misses a next hop of a wide diamond no more often than it promises", function()
      local found = 0
      for seed = 1, 200 do
        local s = run(mtr.strategy.mda, { spread(2, 16, seed) }, { protocol = "udp", max_ttl = 1 })
        if #s.result.mda.hops[1].nodes == 16 then found = found + 1 end
        d:close()
      end
      d = nil
      assert.is_true(found >= 190, found .. " of 200")
    end)
  end)

  describe("pmtu", function()
    -- From TTL `at` on, no packet beyond `mtu` bytes passes; says: what the router tells, nil: it
    -- tells nothing.
    local function narrow(at, mtu, says)
      local network = straight(4)
      for ttl = at, 5 do
        local place = network[ttl] or {}
        local function instead(p)
          if p.bytes <= mtu then return place end
          return says and { from = "10.9.0.9", kind = "TOO_BIG", mtu = says }
        end
        if ttl == 5 then network.dest = instead else network[ttl] = instead end
      end
      return network
    end
    local function pmtu(network, fields)
      local s, done = run(mtr.strategy.pmtu(fields or {}), network, { timeout = 100 })
      assert.same({ "completed", 5 }, { done.reason, done.ttl })
      return s.result.pmtu
    end

    it("is the first size that is tried, if it passes", function()
      assert.same({ mtu = 1500, complete = true, ttl = 5, limits = {} }, pmtu(straight(4)))
    end)

    it("is what routers say", function()
      assert.same({ mtu = 1280, complete = true, ttl = 5,
        limits = { { addr = "10.9.0.9", mtu = 1280, size = 1500 } } }, pmtu(narrow(3, 1280, 1280)))
    end)

    it("is searched for between plateaus where they do not say, or lie", function()
      for _, mtu in ipairs{ 1500, 1499, 1100, 1007, 1006, 69 } do
        for _, says in ipairs{ 0, 9000 } do
          local found = pmtu(narrow(2, mtu, says))
          assert.equal(mtu, found.mtu)
          assert.equal(mtu < 1500 and 1500 or nil, found.limits[1] and found.limits[1].size)
          assert.is_nil(found.limits[2])
          assert.is_nil(found.blackhole)
          d:close()
        end
      end
      d = nil
    end)

    it("is searched for where packets vanish", function()
      for _, mtu in ipairs{ 1499, 1473, 1006, 577, 69 } do
        local found = pmtu(narrow(3, mtu))
        assert.same({ mtu, true, {} }, { found.mtu, found.blackhole, found.limits })
        d:close()
      end
      d = nil
    end)

    it("is limited by this host too", function()
      local network = straight(4)
      function network.send(p) return p.size > 1400 and 90 or nil end
      local found = pmtu(network)
      assert.equal(1400, found.mtu)
      assert.same({ { size = 1500 } }, found.limits)
    end)

    it("is that to the furthest hop that answers, if the target does not", function()
      local network = straight(4)
      network.dest = false
      local s, done = run(mtr.strategy.pmtu, network, { timeout = 100, gap_limit = 2 })
      assert.same({ mtu = 1500, complete = false, ttl = 4, limits = {} }, s.result.pmtu)
      assert.equal("gaplimit", done.reason)
    end)
  end)
end)
