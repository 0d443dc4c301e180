-- SPDX-License-Identifier: MIT
--
-- The boxes on paths of a simulated network: tunnels, translators, filters, and routers that quote
-- in various ways; and internets whose routers are computed by a hash.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

local V4, V6 = simulated.V4, simulated.V6
local chain, trace, hops, reply = simulated.chain, simulated.trace, simulated.hops, simulated.reply

describe("a simulated tunnel", function()
  local function tunnel(t)
    t[1], t[2], t[3], t[4] = "r1", "r2", "r3", "r4"
    return chain(4, nil, { tunnels = { t } })
  end

  -- The stacks of labels at each hop, as label/ttl.
  local function labels(r)
    local list = {}
    for i, hop in ipairs(r.hops) do
      local words = {}
      for _, object in ipairs(hop.replies[1] and hop.replies[1].ext or {}) do
        for _, entry in ipairs(object.mpls or {}) do
          words[#words + 1] = ("%d/%d%s"):format(entry.label, entry.ttl,
            entry.s == 1 and "" or "+")
        end
      end
      list[i] = table.concat(words, "")
    end
    return list
  end

  for _, dst in ipairs{ V4, V6 } do
    it("shows its labels in what nodes in it quote, but for the last link: " .. dst, function()
      assert.same({ "", "17/1", "18/1", "", "" }, labels(trace(tunnel{ labels = 17 }, dst)))
    end)
  end

  it("may have stacks, and a label on the last link", function()
    local r = trace(tunnel{ labels = { 100, 7 }, php = false }, V4)
    assert.same({ "", "100/1+7/1", "101/1+7/1", "102/1+7/1", "" }, labels(r))
  end)

  it("may hide its nodes", function()
    assert.equal("10.0.0.1 10.0.0.4 203.0.113.9", hops(trace(tunnel{ hidden = true }, V4)))
  end)
end)

describe("a simulated translator", function()
  local function nat(how)
    how[1], how[2] = "198.51.100.1", "2001:db8:99::1"
    return chain(3, { r1 = { nat = how }, web = { tcp = "open", udp = { [53] = "open" } } })
  end

  for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
    for _, dst in ipairs{ V4, V6 } do
      for _, how in ipairs{ {}, { ports = true }, { quotes = false },
        { quotes = false, ports = true } } do
        local name = ("%s to %s, ports %s, quotes %s"):format(protocol, dst,
          how.ports and "changed" or "kept", how.quotes == false and "left" or "translated")
        it("passes everything in both directions: " .. name, function()
          local r, stats = trace(nat(how), dst, { protocol = protocol })
          assert.equal("completed", r.stop_reason)
          assert.equal(dst == V4 and "10.0.0.1 10.0.0.2 10.0.0.3 203.0.113.9"
            or "2001:db8:1::1 2001:db8:2::1 2001:db8:3::1 " .. V6, hops(r))
          assert.equal(0, stats.unmatched)
          assert.is_nil(reply(r, 1).quoted.nat)
          local seen = how.quotes == false or nil
          assert.equal(seen, reply(r, 2).quoted.nat)
          assert.equal(seen, reply(r, 3).quoted.nat)
        end)
      end
    end
  end
end)

describe("a simulated filter", function()
  -- answer, stop_data over IPv4, over IPv6
  for answer, codes in pairs{ net = { 0, 0 }, host = { 1, 3 }, ["net-prohibited"] = { 9, 1 },
    ["host-prohibited"] = { 10, 1 }, admin = { 13, 1 }, policy = { 13, 5 }, reject = { 0, 6 },
    ["source-route"] = { 5, 5 }, precedence = { 14, 1 } } do
    it(("answers that the target is unreachable: %s"):format(answer), function()
      for i, dst in ipairs{ V4, V6 } do
        local r = trace(chain(3, { r2 = { filter = { answer = answer } } }), dst)
        assert.same({ "unreach", codes[i], 3 }, { r.stop_reason, r.stop_data, r.hop_count })
        assert.is_true(reply(r, 3).unreach)
      end
    end)
  end

  it("answers with any code", function()
    local r = trace(chain(1, { r1 = { filter = { { answer = 200 } } } }), V4)
    assert.same({ "unreach", 200 }, { r.stop_reason, r.stop_data })
  end)

  it("passes the packets that it does not name", function()
    local net = chain(2, { r1 = { filter = { { answer = "drop", protocol = "udp", port = 53 },
      { answer = "admin", protocol = "tcp", to = "198.51.100.0/24" } } } })
    assert.equal("completed", trace(net, V4, { protocol = "udp" }).stop_reason)
    assert.equal("completed", trace(net, V4, { protocol = "tcp" }).stop_reason)
    local r = trace(net, V4, { protocol = "udp", port = 53 })
    assert.same({ "gaplimit", "10.0.0.1 * * * * *" }, { r.stop_reason, hops(r) })
  end)

  it("may drop a share of the packets only", function()
    local net = chain(1, { r1 = { filter = { answer = "drop", share = 0.5 } } })
    local r = trace(net, V4, { queries = 16, attempts = 15 })
    assert.is_true(r.probe_count > 40)
    assert.equal("completed", r.stop_reason)
  end)

  it("answers for the target, as proxies do", function()
    local net = chain(3, { r1 = { filter = { answer = "answer", protocol = "tcp" } } })
    local r = trace(net, V4, { protocol = "tcp" })
    assert.same({ "completed", 2, V4, 0x12 },
      { r.stop_reason, r.hop_count, r.hops[2].addr, reply(r, 2).tcp_flags })
    net = chain(3, { r1 = { filter = { answer = "reset", protocol = "tcp" } } })
    assert.equal(0x14, reply(trace(net, V4, { protocol = "tcp" }), 2).tcp_flags)
  end)

  it("keeps packets from leaving, at the source", function()
    local r = trace(chain(1, { me = { filter = { answer = "EPERM" } } }), V4)
    assert.equal("error", r.stop_reason)
    assert.equal("EPERM", r.hops[1].error)
  end)

  it("answers with our own address, at the source", function()
    local r = trace(chain(1, { me = { filter = { answer = "host" }, reply = { delay = "1s" } } }),
      V4, { timeout = "3s" })
    assert.same({ "unreach", 1, "192.0.2.1", true },
      { r.stop_reason, r.stop_data, r.hops[1].addr, reply(r, 1).local_ })
    assert.near(1000, r.hops[1].rtt, 0.1)
  end)
end)

describe("what simulated routers quote", function()
  local function quoted(how, opts, dst)
    local r, stats = trace(chain(2, { r1 = how }), dst or V4, opts)
    assert.equal("completed", r.stop_reason)
    return reply(r, 1), r, stats
  end

  for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
    it("may be 8 bytes: " .. protocol, function()
      local first = quoted({ quote = 8 }, { protocol = protocol })
      assert.same({ 56, nil }, { first.reply_size, first.quoted.truncated })
    end)

    it("may be less than 8 bytes: " .. protocol, function()
      local first = quoted({ quote = 4 }, { protocol = protocol })
      assert.is_true(first.quoted.truncated)
    end)
  end

  it("may have another TTL or size", function()
    assert.equal(0, quoted{ quote = { ttl = 0 } }.quoted.ttl)
    assert.equal(7, quoted{ quote = { ttl = 7 } }.quoted.ttl)
    assert.equal(1234, quoted{ quote = { size = 1234 } }.quoted.size)
  end)

  for id, name in pairs{ [0] = "zero", swapped = "swapped", plus = "one more" } do
    it("may have another identification: " .. name, function()
      assert.equal("10.0.0.1", quoted({ quote = { id = id, checksum = 0 } },
        { protocol = "tcp" }).addr)
      assert.equal("10.0.0.1", quoted({ quote = { id = id } }, { protocol = "udp" }).addr)
    end)
  end

  it("may have lost its UDP checksum, where the identification is left", function()
    assert.is_true(quoted({ quote = { checksum = 0 } }, { protocol = "udp" }).quoted.nat)
  end)

  for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
    it("may have IPv6 extension headers: " .. protocol, function()
      local first = quoted({ quote = { headers = { "hop-by-hop", "routing", "destination",
        "fragment", "ah" } } }, { protocol = protocol }, V6)
      assert.equal("2001:db8:1::1", first.addr)
      assert.is_nil(first.quoted.truncated)
    end)
  end

  it("may be a later fragment, which cannot be matched with any probe", function()
    local r, stats = trace(chain(2, { r1 = { quote = { headers = { "later-fragment" } } } }), V6)
    assert.is_nil(r.hops[1].addr)
    assert.is_true(stats.unmatched > 0)
  end)

  it("may have extension objects, announced or not, with a checksum or not", function()
    local object = "0008 0301 0000 0000"
    for _, how in ipairs{ {}, { length = 0 }, { checksum = "none" },
      { length = 0, checksum = "none" } } do
      how[1] = object
      for _, dst in ipairs{ V4, V6 } do
        local first = quoted({ ext = how }, nil, dst)
        assert.same({ { class = 3, type = 1, hex = "00000000" } }, first.ext)
        assert.is_nil(first.ext_malformed)
      end
    end
  end)

  it("may have damaged extension objects", function()
    assert.is_true(quoted{ ext = { "0008 0301 0000 0000", checksum = "wrong" } }.ext_malformed)
    assert.is_nil(quoted{ ext = { "00080301 00000000", checksum = "wrong", length = 0 } }.ext)
    local cut = quoted{ ext = "2000 0000 0008 0301 0000 0000 0040 0301" }
    assert.same({ true, 1 }, { cut.ext_malformed, #cut.ext })
    assert.is_true(quoted{ ext = "2000 0000 0000 0101" }.ext_malformed)
  end)

  it("may announce a longer quote than there is", function()
    assert.equal("10.0.0.1", quoted{ ext = { "0008 0301 0000 0000", length = 255 } }.addr)
  end)
end)

describe("an internet of hashes", function()
  local function internet(o)
    local opts = { seed = 5, prefixes = 5000, silent = 0, dead = 0, balanced = 0 }
    for k, v in pairs(o or {}) do opts[k] = v end
    return mtr.sim.internet(opts)
  end

  local function sample(net, family, step)
    local list, i = {}, 0
    for dst in net:targets(family) do
      if i % step == 0 then list[#list + 1] = dst end
      i = i + 1
    end
    return list, i
  end

  for _, family in ipairs{ 4, 6 } do
    it(("is traced as sim:path says, IPv%d"):format(family), function()
      local net = internet{ balanced = 0.3, silent = 0.1 }
      local targets, n = sample(net, family, 50)
      assert.equal(5000, n)
      simulated.with(net, function(engine)
        for i, dst in ipairs(targets) do
          local flow = i % 8
          local protocol = ({ "icmp", "udp", "tcp" })[i % 3 + 1]
          local r = assert(engine:trace(dst, { flow = flow, protocol = protocol, gap_limit = 0 }))
          local path = assert(net:path(dst, flow, { protocol = protocol }))
          for ttl = 1, path.n do assert.equal(path[ttl], r.hops[ttl].addr) end
          assert.same({ "completed", path.n, dst }, { r.stop_reason, r.hop_count, path[path.n] })
          assert.is_true(path.n >= 10 and path.n <= 16)
        end
      end)
    end)
  end

  it("is a tree: near hops are shared, no path meets an address twice", function()
    local net, at = internet(), {}
    for _, dst in ipairs(sample(net, 4, 10)) do
      local path, seen = net:path(dst), {}
      for ttl = 1, path.n do
        at[ttl] = at[ttl] or {}
        at[ttl][path[ttl]] = true
        assert.is_nil(seen[path[ttl]])
        seen[path[ttl]] = true
      end
    end
    local function count(t)
      local n = 0
      for _ in pairs(t) do n = n + 1 end
      return n
    end
    assert.equal(1, count(at[1]))
    for ttl = 2, 9 do assert.is_true(count(at[ttl]) >= count(at[ttl - 1])) end
    assert.is_true(count(at[9]) > 50)
  end)

  it("is another one for another seed, and the same for the same", function()
    local a, b, c = internet(), internet(), internet{ seed = 6 }
    local dst = a:targets()()
    assert.same(a:path(dst), b:path(dst))
    assert.not_same(a:path(dst), c:path(dst))
  end)

  it("has silent routers and dead targets in the shares that are asked for", function()
    local net = internet{ silent = 0.2, dead = 0.3, balanced = 0.25 }
    local silent, places, dead, flows = 0, 0, 0, 0
    local targets = sample(net, 4, 10)
    for _, dst in ipairs(targets) do
      local a, b = net:path(dst, 0), net:path(dst, 1)
      if a[a.n] ~= dst then dead = dead + 1 end
      for ttl = 6, 9 do
        places = places + 1
        if not a[ttl] then silent = silent + 1 end
        if a[ttl] ~= b[ttl] then flows = flows + 1 end
      end
    end
    assert.near(0.3, dead / #targets, 0.07)
    assert.near(0.2, silent / places, 0.08)
    assert.is_true(flows > 0)
  end)

  it("has RTTs that grow with the distance", function()
    local net, sum = internet(), {}
    simulated.with(net, function(engine)
      for _, dst in ipairs(sample(net, 4, 50)) do
        for _, hop in ipairs(assert(engine:trace(dst)).hops) do
          if hop.ttl <= 10 then sum[hop.ttl] = (sum[hop.ttl] or 0) + hop.rtt end
        end
      end
    end)
    for ttl = 2, 10 do assert.is_true(sum[ttl] > sum[ttl - 1]) end
  end)

  it("loses packets and limits answers as it is asked to", function()
    local net = internet{ loss = 0.2, limited = 1, limit = 10 }
    local _, stats = simulated.with(net, function(engine)
      local dst = net:targets()()
      for _ = 1, 30 do engine:trace(dst, { attempts = 1 }, function() end) end
      engine:run()
      return true, engine:stats()
    end)
    assert.is_true(stats.timeouts > 100)
  end)

  it("has no route to an address outside its prefixes", function()
    local r = trace(internet(), "8.8.8.8")
    assert.same({ "unreach", 3 }, { r.stop_reason, r.hop_count })
  end)
end)
