-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/answer.c: what the answers of a strategy do and how they end a trace; what a
-- manual trace is told to send.
local core = require "spec.support.harness.core"
local asks = require "spec.support.virtual.asks"

local C = core.load { "core/probe/core.h" }

local EBUSY, EAGAIN = -16, -11

describe("answer", function()
  local d

  local function start(...)
    local handle
    d, handle = asks.start(...)
    return handle
  end

  after_each(function()
    d:close()
    d = nil
  end)

  it("asks no more after the last probe for now, until something happens", function()
    local handle = start({ dst = "203.0.113.9", "10.0.0.1", dest = false }, { window = 3 })
    d:step()
    assert.equal(2, d:of("NEXT")[1].ttl)
    d:probe(handle, { ttl = 1, last = 1 })
    assert.equal(EBUSY, select(2, d:probe(handle, { ttl = 2 })))
    assert.equal(EBUSY, asks.pass(d, handle))
    d:step()
    d:step()
    assert.equal(1, #d.sent)
    assert.equal(1, asks.count(d, handle))
    d:run(50)
    assert.equal(1, #d:of("REPLY", handle))
    assert.equal(2, asks.count(d, handle))
    assert.equal(C.TRACE_RUNNING, d:trace(handle).state)
  end)

  it("is asked for again when something has happened before it", function()
    local handle = start({ dst = "203.0.113.9", "10.0.0.1", rtt = 50 })
    d:step()
    d:probe(handle, { ttl = 1 })
    d:step()
    assert.equal(1, asks.count(d, handle))
    d:run(60)                          -- the reply has come, and the question is still open
    assert.equal(1, #d:of "REPLY")
    assert.equal(0, asks.pass(d, handle))
    d:step()
    assert.equal(C.TRACE_RUNNING, d:trace(handle).state)
    assert.equal(2, asks.count(d, handle))
    assert.equal(0, asks.pass(d, handle))
    d:step()
    assert.equal("hoplimit", d:done(handle).reason)
  end)

  for _, case in ipairs{
    { "completed", 0, 3, { "10.0.0.1", "10.0.0.2" } },
    { "hoplimit", 0, 5, { "10.0.0.1", "10.0.0.2", false, "10.0.0.4", "10.0.0.5", "10.0.0.6" } },
    { "unreach", 13, 2, { "10.0.0.1", { from = "10.0.0.2", kind = "UNREACH", icmp_code = 13 },
      false, false, false } },
    { "error", 105, 5, { send = function() return 105 end } },
  } do
    local reason, data, last, network = unpack(case)
    it("ends the trace, when it has nothing more, as " .. reason, function()
      network.dst = "203.0.113.9"
      local handle = start(network)
      asks.run(d, handle, asks.upto(5))
      local done = d:done(handle)
      assert.same({ reason, data, last, 5 }, { done.reason, done.icmp_code, done.ttl, done.probe })
    end)
  end

  it("ends a trace that never sends anything", function()
    local handle = start{ dst = "203.0.113.9" }
    asks.run(d, handle, asks.upto(0))
    assert.same({ "hoplimit", 0, 0 }, { d:done(handle).reason, d:done(handle).ttl,
      d:done(handle).probe })
  end)

  it("counts attempts by TTL, without those that were too big", function()
    local handle = start({ dst = "203.0.113.9",
      function(p)
        return p.size == 900 and { from = "10.0.0.1", kind = "TOO_BIG", mtu = 800 } or "10.0.0.1"
      end })
    local sizes, n = { 900, 800, 0 }, 0
    asks.run(d, handle, function()
      n = n + 1
      if #d.sent < 3 and #d:of "REPLY" == #d.sent then
        d:probe(handle, { ttl = 1, size = sizes[#d.sent + 1] })
      end
    end)
    local got = {}
    for i, e in ipairs(d:of "REPLY") do got[i] = { e.attempt, d.sent[i].bytes } end
    assert.same({ { 1, 900 }, { 1, 800 }, { 2, 60 } }, got)
    assert.is_true(n >= 3)
  end)

  it("reports a hop when the strategy goes to higher ones, or ends", function()
    local handle = start({ dst = "203.0.113.9", "10.0.0.1", false, "10.0.0.3", rtt = 1 },
      { timeout = 100 })
    local order, n = { 1, 2, 2, 3, 4 }, 0
    local told = {}
    asks.run(d, handle, function()
      told[#told + 1] = #d:of "HOP"
      if n > 0 and d:trace(handle).out > 0 then return nil, 1000 end
      n = n + 1
      return order[n]
    end)
    assert.equal("10.0.0.1 * 10.0.0.3 203.0.113.9 completed", d:summary(handle))
    -- The second try at hop 2 is still that hop's.
    for i, e in ipairs(d.events) do
      if e.kind == "HOP" and e.ttl == 2 then
        local sent = 0
        for k = 1, i do
          local before = d.events[k]
          if before.kind == "SENT" and before.ttl == 2 then sent = sent + 1 end
        end
        assert.equal(2, sent)
      end
    end
  end)

  it("ends with the hop count that the strategy gives", function()
    local handle = start{ dst = "203.0.113.9", "10.0.0.1", "10.0.0.2", false, false }
    asks.run(d, handle, asks.upto(4), 500)
    local t = d:trace(handle)
    t.last = 4
    C.stop_trace(d.core, t, C.MTR_STOP_GAPLIMIT, 0, d.now)
    d:step()
    assert.equal("10.0.0.1 10.0.0.2 * * gaplimit", d:summary(handle))
  end)

  describe("to a manual trace", function()
    it("gives its probes the flow that they ask for", function()
      local t = start({ dst = "203.0.113.9", "10.0.0.1" },
        { flags = C.MTR_MANUAL, protocol = "udp", flow = 2, dst = "2001:db8:9::9" })
      local port = d:trace(t).sport
      d:probe(t, { ttl = 1 })
      d:probe(t, { ttl = 1, flow = 5 }, port + 6)
      d:step()
      assert.same({ port, port + 6 }, { d.sent[1].sport, d.sent[2].sport })
      assert.equal(3, d.sent[2].flow_label - d.sent[1].flow_label)
      d:run()
      assert.same({ 2, 5 }, { d:of("SENT")[1].flow, d:of("SENT")[2].flow })
    end)

    it("refuses probes when all identities are taken; a stop drops waiting ones", function()
      local t = start({ dst = "203.0.113.9", false, dest = false },
        { flags = C.MTR_MANUAL, timeout = 50 }, { max_probes = 4, late_window = 100 })
      for _ = 1, 4 do assert.is_not_nil((d:probe(t, { ttl = 1 }))) end
      local _, err = d:probe(t, { ttl = 1 })
      assert.equal(EAGAIN, err)
      d:run(200)
      assert.is_not_nil((d:probe(t, { ttl = 1 })))
      d:probe(t, { ttl = 1 })
      C.stop_trace(d.core, d:trace(t), C.MTR_STOP_HALTED, 0, d.now)
      d:run()
      assert.equal(4, #d.sent)
      assert.equal(4, d:done(t).probe)
    end)
  end)
end)
