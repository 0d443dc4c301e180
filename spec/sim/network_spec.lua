-- SPDX-License-Identifier: MIT
--
-- What each word of a network's description does, seen by an engine over it.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

local V4, V6 = simulated.V4, simulated.V6
local chain, trace, hops = simulated.chain, simulated.trace, simulated.hops

local CHAIN = "10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9"

describe("a simulated network", function()
  for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
    for _, dst in ipairs{ V4, V6 } do
      it(("answers %s to %s as a real one does"):format(protocol, dst), function()
        local r, stats = trace(chain(3), dst, { protocol = protocol })
        assert.equal("completed", r.stop_reason)
        assert.equal(dst == V4 and CHAIN
          or "2001:db8:1::1 2001:db8:2::1 2001:db8:3::1 " .. V6, hops(r))
        assert.same({ 0, 0, 0 }, { stats.unmatched, stats.malformed, stats.timeouts })
        for i = 1, 4 do
          local reply = simulated.reply(r, i)
          assert.near(2 * i, reply.rtt, 0.001)
          assert.equal(i < 4 and 256 - i or 61, reply.reply_ttl)
          assert.equal("kernel", reply.tstamp)
          if reply.quoted then assert.equal(1, reply.quoted.ttl) end
        end
      end)
    end
  end

  it("knows its nodes by name, in both families", function()
    local r = trace(chain(1), "web")
    assert.same({ V4, V6 }, r.all_addresses)
    assert.equal(V6, trace(chain(1), "WEB", { family = 6 }).dst)
    simulated.with(chain(1), function(engine)
      local _, _, name = engine:trace("nobody")
      assert.equal("ENOENT", name)
    end)
  end)

  it("refuses a target that no node has, and a source that is not ours", function()
    simulated.with(chain(1), function(engine)
      assert.equal("ENETUNREACH", select(3, engine:trace("8.8.8.8")))
      assert.equal("EACCES", select(3, engine:trace("224.0.0.1")))
      assert.equal("EADDRNOTAVAIL", select(3, engine:trace(V4, { source = "10.0.0.1" })))
    end)
  end)

  it("is one hop to itself", function()
    local r = trace(chain(2), "192.0.2.1")
    assert.same({ "completed", "192.0.2.1", 0 }, { r.stop_reason, hops(r), r.hops[1].rtt })
  end)

  it("accepts networks as targets", function()
    local net = chain(1, { web = { [3] = "198.51.100.0/24" } })
    assert.equal("10.0.0.1 198.51.100.77", hops(trace(net, "198.51.100.77")))
  end)

  -- name, nodes, options of the trace, what to expect of its result
  local cases = {
    { "a silent router", { r2 = { silent = true } }, {}, function(r)
      assert.equal("10.0.0.1 * 10.0.0.3 203.0.113.9", hops(r))
    end },
    { "no answer to pings", { web = { echo = false } }, { gap_limit = 2 }, function(r)
      assert.same({ "gaplimit", 5 }, { r.stop_reason, r.hop_count })
    end },
    { "an open TCP port", { web = { tcp = { [80] = "open" }, mss = 1400 } }, { protocol = "tcp" },
      function(r)
        local reply = simulated.reply(r, 4)
        assert.same({ 0x12, 1400 }, { reply.tcp_flags, reply.mss })
      end },
    { "a closed TCP port", { web = { tcp = { [80] = "open" } } }, { protocol = "tcp", port = 81 },
      function(r) assert.equal(0x14, simulated.reply(r, 4).tcp_flags) end },
    { "a reset to an ACK", { web = { tcp = "open" } }, { protocol = "tcp", tcp_flags = "ack" },
      function(r) assert.equal(0x04, simulated.reply(r, 4).tcp_flags) end },
    { "a filtered TCP port", { web = { tcp = { other = "filtered" } } },
      { protocol = "tcp", gap_limit = 2 },
      function(r) assert.equal("gaplimit", r.stop_reason) end },
    { "a UDP service", { web = { udp = { [53] = "open" } } }, { protocol = "udp", port = 53 },
      function(r)
        assert.same({ "completed", "udp" }, { r.stop_reason, simulated.reply(r, 4).protocol })
      end },
    { "a closed UDP port", {}, { protocol = "udp" }, function(r)
      local reply = simulated.reply(r, 4)
      assert.same({ 3, 3 }, { reply.icmp_type, reply.icmp_code })
    end },
    { "a slow router", { r2 = { reply = { delay = "100ms" } } }, {}, function(r)
      assert.near(104, r.hops[2].rtt, 0.001)
      assert.near(6, r.hops[3].rtt, 0.001)
    end },
    { "replies with jitter", { r2 = { reply = { jitter = 5 } } }, {}, function(r)
      assert.is_true(r.hops[2].rtt > 4 and r.hops[2].rtt < 9)
    end },
    { "replies that get lost", { r2 = { reply = { loss = 1 } } }, {}, function(r)
      assert.is_nil(r.hops[2].addr)
    end },
    { "several copies of a reply", { r2 = { reply = { copies = 3 } } }, {}, function(r)
      local replies = r.hops[2].replies
      assert.same({ 3, nil, true, true }, { #replies, replies[1].dup, replies[2].dup,
        replies[3].dup })
    end },
    { "a late reply", { r2 = { reply = { delay = 600 } } },
      { timeout = 500, attempts = 1, gap_limit = 0, max_ttl = 9 }, function(r)
        assert.is_nil(r.hops[2].addr)
      end },
    { "replies from another address", { r2 = { reply = { from = { "198.51.100.7" } } } }, {},
      function(r) assert.equal("198.51.100.7", r.hops[2].addr) end },
    { "replies from 0.0.0.0", { r2 = { reply = { from = "0.0.0.0" } } }, {}, function(r)
      assert.equal("0.0.0.0", r.hops[2].addr)
    end },
    { "time exceeded from the target's address", { r2 = { reply = { from = "target" } } }, {},
      function(r)
        assert.equal("10.0.0.1 203.0.113.9 10.0.0.3 203.0.113.9", hops(r))
        assert.is_true(simulated.reply(r, 2).te_from_dst)
        assert.equal("completed", r.stop_reason)
      end },
    { "a target that answers from another address", { web = { reply = { from = "203.0.113.1" } } },
      {}, function(r)
        assert.same({ "completed", "203.0.113.1", true },
          { r.stop_reason, r.hops[4].addr, simulated.reply(r, 4).other_addr })
      end },
    { "another TTL of replies", { r2 = { reply = { ttl = 64 } } }, {}, function(r)
      assert.equal(63, simulated.reply(r, 2).reply_ttl)
    end },
    { "another ICMP code", { r2 = { reply = { code = 1 } } }, {}, function(r)
      assert.is_nil(r.hops[2].addr)
      assert.same({ 11, 1, true }, { r.hops[2].replies[1].icmp_type,
        r.hops[2].replies[1].icmp_code, r.hops[2].replies[1].ignored })
    end },
    { "another ICMP type", { r2 = { reply = { type = 12, code = 0 } } }, {}, function(r)
      assert.is_nil(r.hops[2].addr)
      assert.equal(12, r.hops[2].replies[1].icmp_type)
    end },
    { "a TTL that is not touched", { r2 = { decrement = false } }, {}, function(r)
      assert.equal("10.0.0.1 10.0.0.3 203.0.113.9", hops(r))
    end },
    { "a TTL of 0 that is forwarded", { r2 = { zero_ttl = true } }, {}, function(r)
      assert.equal("10.0.0.1 10.0.0.3 10.0.0.3 203.0.113.9", hops(r))
      assert.same({ 0, 1 }, { simulated.reply(r, 2).quoted.ttl, simulated.reply(r, 3).quoted.ttl })
    end },
    { "a TTL that is set anew", { r1 = { set_ttl = 2 } }, { max_ttl = 5, gap_limit = 0 },
      function(r) assert.equal("10.0.0.1 10.0.0.3 10.0.0.3 10.0.0.3 10.0.0.3", hops(r)) end },
    { "a TOS that is set anew", { r1 = { set_tos = 8 } }, { tos = 184 }, function(r)
      assert.same({ 184, 8 },
        { simulated.reply(r, 1).quoted.tos, simulated.reply(r, 2).quoted.tos })
    end },
    { "pongs with another payload", { web = { altered = true } }, { payload = "hello" },
      function(r) assert.equal("completed", r.stop_reason) end },
  }
  for _, case in ipairs(cases) do
    local name, nodes, opts, check = unpack(case)
    it("may have " .. name, function() check(trace(chain(3, nodes), V4, opts)) end)
  end

  it("limits ICMP errors by a bucket that fills with time", function()
    local net = chain(2, { r1 = { reply = { rate = "10/s", burst = 3 } } })
    simulated.with(net, function(engine)
      local function answered(n)
        local got = 0
        for _ = 1, n do
          local reply = assert(engine:probe{ dst = V4, ttl = 1, timeout = 10 })
          if not reply.timeout then got = got + 1 end
        end
        return got
      end
      assert.equal(3, answered(8))
      mtr.sleep "1s"
      assert.equal(3, answered(8))
    end)
  end)

  it("keeps virtual time: nothing sleeps, and clocks go on as if something did", function()
    local before = os.clock()
    simulated.with(chain(1, { web = { echo = false } }), function(engine)
      assert.equal(-1, engine:timeout_ms())
      local r = assert(engine:trace(V4, { timeout = "1m", max_ttl = 30 }))
      assert.near(2 * 6e4, r.duration, 10)
      mtr.sleep "1h"
      local next = assert(engine:trace("10.0.0.1"))
      assert.near(r.start + 120 + 3600, next.start, 0.1)
      assert.is_true(r.start >= 1767225600 and r.start < 1767225700)
    end)
    assert.is_true(os.clock() - before < 2)
  end)

  it("keeps rates in virtual time", function()
    simulated.with(chain(3), function(engine)
      local left, first, last = 200, nil, nil
      for _ = 1, 200 do
        engine:trace(V4, { window = 1, max_ttl = 1 }, function(_, r)
          first = first or r.start
          last, left = r.start + r.duration / 1000, left - 1
        end)
      end
      engine:run()
      assert.equal(0, left)
      assert.near(1.99, last - first, 0.02)
    end, { rate = 100 })
  end)

  it("sends the same packets for the same seed, to the byte", function()
    local d = simulated.describe(3, nil, { seed = 7 })
    d.links[1].loss, d.links[1].jitter, d.links[1].reorder, d.links[1].duplicate = 0.1, 5, 0.1, 0.1
    local function run(opts)
      local lines = {}
      simulated.with(mtr.sim(d), function(engine)
        for i = 1, 20 do
          engine:trace(i % 2 == 0 and V4 or V6, { queries = 3, flow = i }, function(_, r)
            lines[#lines + 1] = r:json()
          end)
        end
        engine:run()
      end, opts)
      return table.concat(lines, "\n")
    end
    local once = run()
    assert.is_true(once:find '"dup":true' ~= nil)
    assert.equal(once, run())
    assert.equal(run{ seed = 3 }, run{ seed = 3 })
    assert.not_equal(once, run{ seed = 3 })
  end)
end)
