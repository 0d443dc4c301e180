-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/advance.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

local DST, A, B, R = "203.0.113.9", "10.0.0.1", "10.0.0.2", "10.0.0.3"
local STAY = { false, false, false, false, false, false, false, false }

local function admin(code) return { from = B, kind = "UNREACH", icmp_code = code } end

describe("advance", function()
  local d

  local function trace(places, o, engine)
    local config = { network = path.new(places) }
    places.dst = places.dst or DST
    for k, v in pairs(engine or {}) do config[k] = v end
    d = drive.new(config)
    local t = d:start(o)
    d:run()
    return t
  end

  after_each(function()
    d:close()
    d = nil
  end)

  -- Places, options, the hops told of and the reason, stop data.
  for _, case in ipairs{
    { "a path of three", { A, B, R }, {}, "10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9 completed" },
    { "the destination itself", {}, {}, "203.0.113.9 completed" },
    { "a silent router", { A, false, R }, {}, "10.0.0.1 * 10.0.0.3 203.0.113.9 completed" },
    { "a silent destination", { A, dest = false }, {}, "10.0.0.1 * * * * * gaplimit" },
    { "silence from the start", STAY, { gap_limit = 3 }, "* * * gaplimit" },
    { "silence without a gap limit", STAY, { gap_limit = 0, max_ttl = 7 },
      "* * * * * * * hoplimit" },
    { "a path longer than max_ttl", { A, B, R }, { max_ttl = 2 }, "10.0.0.1 10.0.0.2 hoplimit" },
    { "first_ttl 2", { A, B, R }, { first_ttl = 2 }, "10.0.0.2 10.0.0.3 203.0.113.9 completed" },
    { "a filter", { A, admin(13), R }, {}, "10.0.0.1 10.0.0.2 unreach", 13 },
    { "an unreachable host", { A, admin(1) }, {}, "10.0.0.1 10.0.0.2 unreach", 1 },
    { "a filter behind silence", { false, false, admin(10) }, {}, "* * 10.0.0.2 unreach", 10 },
    { "a loop", { A, B, A, B, A, B, A, B }, {}, "10.0.0.1 10.0.0.2 10.0.0.1 loop" },
    { "loops allowed", { A, B, A, B, R }, { loop_limit = 0 },
      "10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9 completed" },
    { "two loops", { A, B, A, B, A, B }, { loop_limit = 2 },
      "10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.2 loop" },
    { "a router that forwards TTL 0", { A, B, B, R }, {},
      "10.0.0.1 10.0.0.2 10.0.0.2 10.0.0.3 203.0.113.9 completed" },
    { "a loop in classic probes, which is none", { A, B, A, R }, { multipath = "classic" },
      "10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.3 203.0.113.9 completed" },
    { "time exceeded from the destination", { A, DST, R }, {},
      "10.0.0.1 203.0.113.9 10.0.0.3 203.0.113.9 completed" },
    { "a destination of another address", { A, dest = { from = "203.0.113.10" } }, {},
      "10.0.0.1 203.0.113.10 completed" },
    { "hops that settle out of order", { { from = A, rtt = 900 }, { from = B, rtt = 5 } }, {},
      "10.0.0.1 10.0.0.2 203.0.113.9 completed" },
    { "a router that loses probes", { A, function(_, n) return n % 2 == 0 and B end }, {},
      "10.0.0.1 10.0.0.2 203.0.113.9 completed" },
    { "three queries", { A, { A, B }, R }, { queries = 3 },
      "10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9 completed" },
  } do
    local name, places, o, want, data = unpack(case)
    it("walks " .. name, function()
      local t = trace(places, o)
      local got = d:summary(t)
      if name == "three queries" then got = got:gsub("^(%S+) 10.0.0.[12]", "%1 10.0.0.2") end
      assert.equal(want, got)
      assert.equal(data or 0, d:done(t).icmp_code)
      for i, e in ipairs(d:of("HOP")) do assert.equal((o.first_ttl or 1) + i - 1, e.ttl) end
    end)
  end

  it("waits for all queries of a TTL before it believes an unreachable", function()
    local places = { A, function(_, n) return n == 1 and admin(13) or n == 2 and B end }
    local t = trace(places, { queries = 2 })
    assert.equal("10.0.0.1 10.0.0.2 203.0.113.9 completed", d:summary(t))
  end)

  it("ends at an unreachable when the hop's other queries are silent", function()
    local places = { A, function(_, n) return n == 1 and admin(13) end }
    local t = trace(places, { queries = 3, attempts = 1 })
    assert.equal("10.0.0.1 10.0.0.2 unreach", d:summary(t))
  end)

  it("reports a hop as soon as it and all before it have settled", function()
    trace({ { from = A, rtt = 400 }, { from = B, rtt = 100 } }, { window = 3 })
    local at = {}
    for i, e in ipairs(d.events) do at[e.kind .. e.ttl] = at[e.kind .. e.ttl] or i end
    assert.is_true(at.REPLY2 < at.REPLY1 and at.REPLY1 < at.HOP1)
    assert.equal(at.HOP1 + 1, at.HOP2)
    assert.equal(#d.events, at.DONE3)
  end)

  it("reports a hop's first address and time, and how many answers it had", function()
    trace({ function(_, n) return { from = "10.0.1." .. n, rtt = 40 - 10 * n } end },
      { queries = 3, max_ttl = 1, dst = "203.0.113.77" })
    local hop = d:of("HOP")[1]
    assert.same({ "10.0.1.3", 10, 3 }, { hop.addr, hop.rtt, hop.stop })
  end)

  it("reports in the last event how the trace ended", function()
    local t = trace({ A, false }, { cookie = 99 })
    local done = d:done(t)
    assert.same({ 99, 3, d:count("probes_sent"), "completed" },
      { done.cookie, done.ttl, done.probe, done.reason })
    assert.is_true(math.abs(done.rtt - 4000) < 1, done.rtt .. " ms")
    assert.equal(done, d.events[#d.events])
  end)

  for _, case in ipairs{
    { "all sends fail", function() return 1 end, "error", 1, 0 },
    { "all sends fail for want of a route", function() return 101 end, "error", 101, 0 },
    { "some sends fail", function(p) return p.ttl == 2 and 105 or nil end, "completed", 0, 3 },
    { "the first probe fails", function(p) return p.ttl == 1 and 1 or nil end, "gaplimit", 0 },
  } do
    local name, send, reason, data, hops = unpack(case)
    it(("ends as %s when %s"):format(reason, name), function()
      local t = trace({ A, B, send = send, dest = hops == 3 and {} or false }, {})
      local done = d:done(t)
      assert.equal(reason, done.reason)
      assert.equal(data, done.icmp_code)
      assert.equal(#d:of("TIMEOUT"), d:count("timeouts") + d:count("send_errors"))
      assert.is_true(d:count("send_errors") > 0)
      if hops == 3 then
        assert.equal("10.0.0.1 * 203.0.113.9 completed", d:summary(t))
        assert.equal(105, d:of("HOP")[2].error)
      end
    end)
  end

  it("loses no event when the array is small, and keeps them in order", function()
    d = drive.new{ network = path.new{ dst = DST, A, B, R, dest = { kind = "ECHO_REPLY", n = 2 } },
      max_events = 1024, max_traces = 3000 }
    for _ = 1, 2000 do d:start{ window = 4 } end
    d:run()
    local last = {}
    for _, e in ipairs(d.events) do
      assert.is_not_equal("DONE", last[e.trace])
      last[e.trace] = e.kind
    end
    assert.equal(2000, #d:of("DONE"))
    assert.equal(8000, #d:of("HOP"))
    assert.equal(d:count("probes_sent"), #d:of("SENT"))
    assert.equal(d:count("replies") + d:count("duplicates"), #d:of("REPLY"))
    assert.equal(#d.events, d:count("events"))
  end)

  it("decides nothing in a manual trace", function()
    d = drive.new{ network = path.new{ dst = DST } }
    local t = d:start{ flags = C.MTR_MANUAL }
    d:probe(t, { ttl = 1 })
    d:run()
    assert.equal(1, #d:of("REPLY"))
    assert.equal(0, #d:of("HOP") + #d:of("DONE"))
  end)

  it("sends smaller probes after a packet too big, which is no answer", function()
    local too_big = { from = B, kind = "TOO_BIG", mtu = 1400 }
    local t = trace({ A, function(p) return p.bytes > 1400 and too_big or B end,
      dest = function(p) return p.bytes > 1400 and too_big or {} end }, { size = 1500 })
    assert.equal("10.0.0.1 10.0.0.2 203.0.113.9 completed", d:summary(t))
    assert.equal(1400, d:trace(t).size)
    assert.equal(1, d:of("HOP")[2].stop)
    assert.equal(0, d:count("timeouts"))
    for _, r in ipairs(d:replies(t)) do
      assert.is_true(r.set.ANSWER == nil or r.set.TOO_BIG == nil)
    end
  end)

  for _, dst in ipairs{ DST, "2001:db8:9::9" } do
    it("gives up on a router that finds every packet too big: " .. dst, function()
      for _, o in ipairs{ {}, { size = 1500 }, { protocol = "udp", multipath = "dublin" } } do
        if d then d:close() end
        local t = trace({ dst = dst, dest = { kind = "TOO_BIG" } }, o)
        assert.equal("gaplimit", d:done(t).reason)
        assert.is_true(#d.sent < 80, #d.sent .. " sent")
      end
    end)
  end
end)
