-- SPDX-License-Identifier: MIT
--
-- Which way packets go in a simulated network, what happens to them there, and that sim:path gives
-- the true path.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

local V4, V6 = simulated.V4, simulated.V6
local chain, trace, hops = simulated.chain, simulated.trace, simulated.hops

-- me - r1 - a | b - r2 - web, and what is said of r1.
local function diamond(r1, more)
  local d = { nodes = {
    me = { "192.0.2.1", "2001:db8::1" }, web = { V4, V6 }, r1 = { "10.0.0.1", "2001:db8:1::1" },
    r2 = { "10.0.0.2", "2001:db8:2::1" }, a = { "10.1.0.1", "2001:db8:a::1" },
    b = { "10.1.0.2", "2001:db8:b::1" } },
    links = { { "me", "r1", delay = 1 }, { "r1", "a", "r2", delay = 1 },
      { "r1", "b", "r2", delay = 1 }, { "r2", "web", delay = 1 } } }
  for k, v in pairs(r1 or {}) do d.nodes.r1[k] = v end
  for k, v in pairs(more or {}) do d[k] = v end
  return mtr.sim(d)
end

-- How often each address was at a TTL over flows 0..n-1.
local function spread(net, ttl, n, opts)
  local seen = {}
  simulated.with(net, function(engine)
    for flow = 0, n - 1 do
      local o = { flow = flow }
      for k, v in pairs(opts or {}) do o[k] = v end
      local r = assert(engine:trace(o.dst or V4, { flow = flow, protocol = o.protocol,
        flow_label = o.flow_label, queries = o.queries }))
      for _, reply in ipairs(r.hops[ttl].replies) do
        seen[reply.addr] = (seen[reply.addr] or 0) + 1
      end
    end
  end)
  return seen
end

local function count(t)
  local n = 0
  for _ in pairs(t) do n = n + 1 end
  return n
end

describe("ways through a simulated network", function()
  for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
    it("are chosen by the flow: " .. protocol, function()
      local seen = spread(diamond(), 2, 60, { protocol = protocol, queries = 2 })
      assert.is_true(seen["10.1.0.1"] > 30 and seen["10.1.0.2"] > 30)
      assert.equal(120, seen["10.1.0.1"] + seen["10.1.0.2"])
      assert.equal(0, seen["10.1.0.1"] % 2)
    end)
  end

  it("are chosen by the packet where asked for", function()
    assert.equal(2, count(spread(diamond{ balance = "packet" }, 2, 1, { queries = 16 })))
  end)

  it("are chosen by the target where asked for", function()
    local net = diamond({ balance = "target" })
    assert.equal(1, count(spread(net, 2, 20)))
  end)

  it("are chosen by the flow label alone where asked for", function()
    local net = diamond{ balance = "label" }
    assert.equal(1, count(spread(net, 2, 20, { dst = V6, flow_label = 5 })))
    assert.equal(2, count(spread(net, 2, 20, { dst = V6 })))
  end)

  it("may be of unequal lengths", function()
    local net = diamond(nil, { routes = {
      { at = "r1", to = V4, via = { "a", "b" } }, { at = "a", to = V4, via = "r2" },
      { at = "b", to = V4, via = "r2" } } })
    local d = simulated.describe(2, { x = { "10.9.0.1" } }, { links = { { "r1", "x", "r2" } },
      routes = { { at = "r1", to = "web", via = { "x", "r2" } } } })
    local longer = spread(mtr.sim(d), 2, 40)
    assert.same({ 2, 2 }, { count(longer), count(spread(net, 2, 40)) })
    local n = {}
    simulated.with(mtr.sim(d), function(engine)
      for flow = 0, 20 do n[assert(engine:trace(V4, { flow = flow })).hop_count] = true end
    end)
    assert.same({ [3] = true, [4] = true }, n)
  end)

  it("change at the time that is given", function()
    local net = diamond(nil, { routes = { { at = "r1", to = V4, via = "a" },
      { at = "r1", to = "web", via = "b", after = "10s", before = "20s" } } })
    simulated.with(net, function(engine)
      local list = {}
      for i = 1, 3 do
        list[i] = assert(engine:trace(V4)).hops[2].addr
        mtr.sleep "10s"
      end
      assert.same({ "10.1.0.1", "10.1.0.2", "10.1.0.1" }, list)
    end)
  end)

  it("may be loops", function()
    local net = chain(3, nil, { routes = { { at = "r3", to = V4, via = "r2" } } })
    local r = trace(net, V4)
    assert.same({ "loop", "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.2" }, { r.stop_reason, hops(r) })
    assert.equal("completed", trace(net, V6).stop_reason)
  end)

  it("have the cost that the description gives", function()
    local d = simulated.describe(2, { x = "10.9.0.1" }, { links = { { "r1", "x", "web" } } })
    d.links[1].cost = 5
    assert.equal("10.0.0.1 10.9.0.1 203.0.113.9", hops(trace(mtr.sim(d), V4)))
  end)

  it("may end where there is no route", function()
    local net = chain(2, nil, { routes = { { at = "me", to = "any", via = "r1" } } })
    local r = trace(net, "8.8.8.8")
    assert.same({ "unreach", 0, "10.0.0.1" }, { r.stop_reason, r.stop_data, r.hops[1].addr })
  end)
end)

describe("links of a simulated network", function()
  local function many(link, n)
    local d = simulated.describe(1)
    for k, v in pairs(link) do d.links[1][k] = v end
    local got, dups, out_of_order, last = 0, 0, 0, -1
    local engine = assert(mtr.engine{ sim = mtr.sim(d) })
    local prober = assert(engine:prober(V4, { timeout = 100, on_reply = function(_, reply)
      if reply.dup then dups = dups + 1 else got = got + 1 end
      if not reply.dup and reply.at < last then out_of_order = out_of_order + 1 end
      last = math.max(last, reply.at)
    end }))
    for _ = 1, n do
      assert(prober:send(2))
      mtr.sleep(1)
    end
    mtr.sleep(500)
    engine:close()
    return got, dups, out_of_order
  end

  it("lose the share that the description gives", function()
    local got = many({ loss = 0.1 }, 1000)
    assert.is_true(got > 600 and got < 710)    -- 0.9 to the power of 4, as often as it crosses
  end)

  it("duplicate the share that the description gives", function()
    local got, dups = many({ duplicate = 0.1 }, 500)
    assert.equal(500, got)
    assert.is_true(dups > 150 and dups < 260)
  end)

  it("reorder the share that the description gives", function()
    local _, _, none = many({ delay = 5 }, 300)
    local got, _, some = many({ delay = 5, reorder = 0.1 }, 300)
    assert.same({ 0, 300 }, { none, got })
    assert.is_true(some > 30)
  end)

  it("may differ by direction", function()
    local d = simulated.describe(0)
    d.links[1].back = { delay = 30 }
    assert.near(31, trace(mtr.sim(d), V4).hops[1].rtt, 0.001)
  end)

  local function narrow(node, mtu)
    local d = simulated.describe(2, { r1 = node })
    d.links = { { "me", "r1" }, { "r1", "r2", mtu = mtu or 1300 }, { "r2", "web" } }
    return mtr.sim(d)
  end

  it("have an MTU that routers report", function()
    for _, dst in ipairs{ V4, V6 } do
      local r = trace(narrow{}, dst, { size = 1400, dont_fragment = true })
      assert.same({ "completed", 3, 1300 }, { r.stop_reason, r.hop_count, r.size })
      assert.equal(1300, r.hops[2].replies[1].mtu)
    end
  end)

  it("fragment a packet that may be fragmented", function()
    local r = trace(narrow{}, V4, { size = 1400 })
    assert.same({ "completed", 1400 }, { r.stop_reason, r.size })
  end)

  it("have an MTU that some routers report wrongly, and some not at all", function()
    local opts = { size = 1400, dont_fragment = true, gap_limit = 2 }
    local r = trace(narrow{ reply = { mtu = 0 } }, V4, opts)
    assert.same({ "completed", 1006 }, { r.stop_reason, r.size })    -- RFC 1191's plateau
    assert.equal("gaplimit", trace(narrow{ too_big = false }, V4, opts).stop_reason)
  end)
end)

describe("sim:path", function()
  it("gives the path that traces find, flow by flow", function()
    for _, net in ipairs{ diamond(), diamond{ balance = "target" }, chain(4, {
      r2 = { silent = true }, r3 = { decrement = false } }) } do
      for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
        for flow = 0, 15 do
          local opts = { flow = flow, protocol = protocol }
          local r = trace(net, V4, opts)
          local path = assert(net:path("web", flow, { protocol = protocol }))
          local list = {}
          for i = 1, path.n do list[i] = path[i] or "*" end
          assert.equal(table.concat(list, " "), hops(r))
        end
      end
    end
  end)

  it("is taken from the engine in use", function()
    local net = diamond()
    simulated.with(net, function(engine)
      assert.equal(net, engine:sim())
      local r = assert(engine:trace(V4, { flow = 3, protocol = "udp" }))
      assert.equal(r.hops[2].addr, engine:sim():path(V4, 3, { protocol = "udp" })[2])
    end, { max_probes = 1000 })
  end)

  it("shows every hop, however bad the network is", function()
    local d = simulated.describe(2, { r1 = { reply = { loss = 1, rate = 0.001 } } })
    d.links[1].loss = 0.9
    local path = mtr.sim(d):path(V4)
    assert.same({ "10.0.0.1", "10.0.0.2", V4, n = 3 }, path)
  end)

  it("says why there is no path", function()
    local path, message, name = chain(1):path "8.8.8.8"
    assert.same({ nil, "ENETUNREACH" }, { path, name })
    assert.truthy(message:find "no route")
    assert.error_matches(function() chain(1):path "nobody" end, "path: dst must be an address or a")
    assert.error_matches(function() chain(1):path(V4, 0, { flw = 1 }) end,
      'path: unknown option "flw"; did you mean "flow"')
  end)
end)
