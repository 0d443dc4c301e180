-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/data.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h" }

local DST = "203.0.113.9"
local OPEN = { kind = "UDP_REPLY" }

describe("data from an open UDP port", function()
  local d

  local function open(o)
    d = drive.new(o)
    return d
  end
  -- A path that is open at its end: places as in path.lua.
  local function trace(places, o, engine)
    places.dst, places.dest = DST, places.dest or OPEN
    local config = { network = path.new(places) }
    for k, v in pairs(engine or {}) do config[k] = v end
    open(config)
    local options = { protocol = "udp", timeout = 1000 }
    for k, v in pairs(o or {}) do options[k] = v end
    local t = d:start(options)
    d:run()
    return d:summary(t), t
  end

  after_each(function() d:close() end)

  local A, B, CC, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"

  for _, case in ipairs{
    { "right behind us", {}, {}, "203.0.113.9 completed" },
    { "behind routers", { A, B }, {}, "10.0.0.1 10.0.0.2 203.0.113.9 completed" },
    { "behind a silent router", { A, false }, {}, "10.0.0.1 * 203.0.113.9 completed" },
    { "behind three silent routers", { A, false, false, false }, {},
      "10.0.0.1 * * * 203.0.113.9 completed" },
    { "behind routers that answer last", { A, { from = B, rtt = 200 }, { from = CC, rtt = 300 } },
      {}, "10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9 completed" },
    { "behind a silent and a slow router", { A, false, { from = CC, rtt = 700 } }, {},
      "10.0.0.1 * 10.0.0.3 203.0.113.9 completed" },
    { "beyond the first window", { A, B, CC, D }, { window = 2 },
      "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 203.0.113.9 completed" },
    { "beyond the first window and silence", { A, false, CC, false }, { window = 2 },
      "10.0.0.1 * 10.0.0.3 * 203.0.113.9 completed" },
    { "asked three times", { A, false }, { queries = 3 }, "10.0.0.1 * 203.0.113.9 completed" },
    { "asked one at a time", { A, false }, { window = 1, queries = 2 },
      "10.0.0.1 * 203.0.113.9 completed" },
    { "with a wide window", { A, false }, { window = 255, queries = 8 },
      "10.0.0.1 * 203.0.113.9 completed" },
    { "over classic probes", { A, false, CC }, { multipath = "classic" },
      "10.0.0.1 * 10.0.0.3 203.0.113.9 completed" },
    { "over dublin probes", { A, false, CC }, { multipath = "dublin" },
      "10.0.0.1 * 10.0.0.3 203.0.113.9 completed" },
    { "of a very small event array", { A, B }, { window = 255, queries = 16 },
      "10.0.0.1 10.0.0.2 203.0.113.9 completed", { max_events = 1024 } },
  } do
    it("finds the port " .. case[1], function()
      assert.equal(case[4], (trace(case[2], case[3], case[5])))
    end)
  end

  -- The TTL of a reply that started with 64 tells the distance of hop 3: 62.
  for _, case in ipairs{
    { "one datagram only", 1 }, { "two datagrams and then nothing", 2 },
    { "three datagrams and then nothing", 3, { window = 12, gap_limit = 8 } },
    { "four datagrams of a wide window", 4, { window = 12, gap_limit = 10 } },
    { "a wide window twice only", 2, { window = 30 } },
    { "one datagram of a slow engine", 1, {}, { target_rate = 500 } },
    { "two datagrams of a slow engine", 2, {}, { target_rate = 300 } },
    { "the first try only of three", 1, { queries = 3, window = 32 } },
    { "from a TTL of 128", 1, {}, {}, 126 }, { "from a TTL of 255", 2, {}, {}, 253 },
  } do
    it("finds a port that answers " .. case[1], function()
      local function some(_, n)
        return n <= case[2] and { kind = "UDP_REPLY", rtt = 20, ttl = case[5] or 62 } or nil
      end
      local text, t = trace({ A, B, dest = some }, case[3], case[4])
      assert.equal("10.0.0.1 10.0.0.2 203.0.113.9 completed", text)
      local hop = d:of("HOP", t)[3]
      assert.same({ 3, DST, 20 }, { hop.ttl, hop.addr, hop.rtt })
    end)
  end

  it("keeps a silent hop where the way back is shorter", function()
    local text = trace{ A, false, dest = { kind = "UDP_REPLY", ttl = 63 } }
    assert.equal("10.0.0.1 * 203.0.113.9 completed", text)
  end)

  it("never goes below a router that answered, whatever the TTL of the data", function()
    local function some(_, n) return n <= 1 and { kind = "UDP_REPLY", ttl = 64 } or nil end
    local text = trace({ A, B, CC, dest = some }, { window = 1 })
    assert.equal("10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9 completed", text)
  end)

  it("keeps the round trip of data that was credited later", function()
    local _, t = trace({ A, false, dest = { kind = "UDP_REPLY", rtt = 25 } }, { window = 4 })
    local last = d:of("HOP", t)[3]
    assert.same({ DST, 25 }, { last.addr, last.rtt })
    assert.equal(0, d:count("duplicates"))
  end)

  -- A slow engine: one probe every 150 ms, so that the silent hop's second try leaves after the
  -- probe that reaches the port and before its answer.
  it("is not credited to a retry at a silent hop when it answers a deeper probe", function()
    local text = trace({ A, false, dest = { kind = "UDP_REPLY", rtt = 400 } },
      { timeout = 500, window = 3, attempts = 2 }, { target_rate = 1 / 0.15 })
    assert.equal("10.0.0.1 * 203.0.113.9 completed", text)
  end)

  it("is credited at once when a router's late answer completes the count", function()
    local _, t = trace({ A, { from = B, rtt = 200 } }, { window = 3, timeout = 5000 })
    assert.is_true(d:done(t).rtt < 300, d:done(t).rtt .. " ms")
    assert.equal(0, d:count("timeouts"))
  end)

  it("beyond one datagram for each probe counts as duplicates", function()
    local text = trace({ A, dest = { kind = "UDP_REPLY", n = 2 } }, { window = 1 })
    assert.equal("10.0.0.1 203.0.113.9 completed", text)
    assert.equal(1, d:count("duplicates") + d:count("unmatched"))
  end)

  it("from another address, port or protocol is matched with no probe", function()
    open{ network = path.new{ dst = DST, dest = false } }
    local t = d:start{ protocol = "udp", port = 53 }
    local u = d:start{ protocol = "icmp" }
    d:step()
    for _, o in ipairs{ { from = "203.0.113.8" }, { dport = 54 }, { sport = 9 } } do
      o.kind = "UDP_REPLY"
      d:deliver(1, path.reply(d.sent[1], o))
    end
    d:run(2)
    assert.equal(3, d:count("unmatched"))
    assert.equal(0, #d:of("REPLY"))
    C.stop_trace(d.core, d:trace(t), C.MTR_STOP_HALTED, 0, d.now)
    C.stop_trace(d.core, d:trace(u), C.MTR_STOP_HALTED, 0, d.now)
    d:deliver(1, path.reply(d.sent[1], { kind = "UDP_REPLY" }))
    d:run()
    assert.equal(4, d:count("unmatched") + d:count("orphans"))
  end)

  -- Nothing in it is of the probe but the ports.
  for _, multipath in ipairs{ "paris", "classic" } do
    it("is marked as a weak match, and refused by a strict engine: " .. multipath, function()
      for strict = 0, 1 do
        local text, t = trace({ A, dest = OPEN }, { multipath = multipath, gap_limit = 2,
          attempts = 1, window = 3 }, { strict = strict })
        assert.equal(strict == 0 and "10.0.0.1 203.0.113.9 completed" or "10.0.0.1 * * gaplimit",
          text)
        local weak = {}
        for _, e in ipairs(d:of("REPLY", t)) do weak[e.ttl] = e.set.WEAK or false end
        assert.same(strict == 0 and { false, true } or { false }, { weak[1], weak[2] })
        if strict == 1 then assert.is_true(d:count("unmatched") > 0) end
        if strict == 0 then d:close() end
      end
    end)
  end

  -- The last reply comes so early that it may be a second one to a probe before it. So its probe is
  -- sent again, from a port of its own.
  it("is asked for again, and counts, if it comes much earlier than the first", function()
    local n = 0
    local function dest()
      n = n + 1
      return { kind = "UDP_REPLY", rtt = n <= 2 and 20 or 5 }
    end
    for _, attempts in ipairs { 1, 3 } do
      n = 0
      local text, t = trace({ dest = dest }, { window = 2, queries = 3, max_ttl = 1,
        attempts = attempts })
      assert.equal("203.0.113.9 completed", text)
      assert.same({ 3, 0, 4 }, { #d:of("REPLY", t), d:count("timeouts"), n })
      if attempts == 1 then d:close() end
    end
  end)

  it("is credited although a send fails after it came", function()
    open{ network = path.new{ dst = DST, { from = A, rtt = 5 }, dest = OPEN,
      send = function(p) return p.ttl == 3 and 105 or nil end } }
    local t = d:start{ protocol = "udp" }
    d:run()
    assert.equal("10.0.0.1 203.0.113.9 completed", d:summary(t))
  end)

  it("is credited in the end although a manual trace still sends to the port", function()
    open{ network = path.new{ dst = DST, A, false, dest = OPEN } }
    local t = d:start{ protocol = "udp", flags = C.MTR_MANUAL, timeout = 500 }
    d:probe(t, { ttl = 2 })
    for _ = 1, 12 do
      d:probe(t, { ttl = 3 })
      d:run(100)
    end
    assert.equal(2, d:of("TIMEOUT")[1].ttl)
    assert.is_true(#d:of("REPLY") > 0)
    for _, e in ipairs(d:of("REPLY")) do assert.equal(3, e.ttl) end
  end)

  -- Each of these ports gets hundreds of datagrams before the count is full.
  for _, case in ipairs{ { "on ports of their own", {}, 40 }, { "on one port", {}, 1 },
    { "on one port, behind silence", { false }, 1 } } do
    local name, places, ports = unpack(case)
    it("is credited in bounded batches to forty wide traces " .. name, function()
      places.dst, places.dest = DST, OPEN
      open{ network = path.new(places), max_events = 1024 }
      local t = {}
      for i = 1, 40 do
        t[i] = d:start{ protocol = "udp", window = 255, queries = 16, attempts = 1,
          port = 53 + i % ports, timeout = 500 }
      end
      d:run()
      for i = 1, 40 do
        assert.equal(("* "):rep(#places) .. "203.0.113.9 completed", d:summary(t[i]))
      end
      assert.equal(0, d:count("duplicates"))
    end)
  end
end)
