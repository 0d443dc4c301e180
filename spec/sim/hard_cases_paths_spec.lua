-- SPDX-License-Identifier: MIT
--
-- Hard cases about paths: routers with rate limits or false addresses, loops, paths of unequal
-- length, paths that change, firewalls that answer for others, and groups.
local mtr = require "mtr"
local hard = require "spec.support.virtual.hard"
local traces = require "spec.support.virtual.traces"

-- The path of a result and the truth about it, both as text.
local function both(e, target, opts)
  local truth = assert(e:sim():path(target, opts.flow, { protocol = opts.protocol }))
  local r = traces.run(e, { { target, opts } })[1]
  return traces.path(r), table.concat(truth, " ", 1, truth.n), r
end

describe("hard case 18: ICMP rate limiting", function()
  it("leaves probes to that hop alone unanswered: all behind it answer", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local opts = { protocol = protocol, queries = 10, attempts = 1 }
      local r, told, stats = hard.trace("rate_limit", "web", opts)
      local answers = {}
      for ttl, hop in ipairs(r.hops) do answers[ttl] = #hop.replies end
      assert.same({ 10, 10, 10 }, { answers[1], answers[3], answers[4] })
      assert(answers[2] >= 2 and answers[2] < 10)
      assert.equal(10 - answers[2], stats.timeouts)
      for _, probe in ipairs(told.timeouts) do
        assert.same({ 2, nil }, { probe.ttl, probe.error })
      end
    end
  end)

  it("is named by the statistics, which report no loss before the target", function()
    local r = hard.trace("rate_limit", "web", { queries = 16, attempts = 1 })
    local stats = mtr.stats():add(r)
    for ttl = 1, 4 do
      local hop = stats:hop(ttl)
      assert.same({ ttl == 2 or nil, ttl == 4 and 0 or nil }, { hop.rate_limited, hop.loss })
    end
  end)

  it("does not show at a slower pace", function()
    local opts = { protocol = "udp", queries = 10, attempts = 1 }
    local _, _, stats = hard.trace("rate_limit", "web", opts, { per_target_rate = 8 })
    assert.equal(0, stats.timeouts)
  end)
end)

describe("hard case 19: forwarding loops", function()
  it("end the trace when an address comes again after another one", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("loop", "lost", { protocol = protocol })
      assert.same({ "loop", "1 2 3 2" }, { r.stop_reason, hard.ends(r) })
      local long = hard.trace("loop", "far", { protocol = protocol })
      assert.same({ "loop", "1 2 3 4 2" }, { long.stop_reason, hard.ends(long) })
    end
  end)

  it("end the trace when loop_limit of them were seen, never with 0", function()
    local r = hard.trace("loop", "lost", { loop_limit = 3 })
    assert.same({ "loop", "1 2 3 2 3 2" }, { r.stop_reason, hard.ends(r) })
    assert.equal("hoplimit", hard.trace("loop", "lost", { loop_limit = 0 }).stop_reason)
  end)

  it("do not include an address twice in a row", function()
    local r = hard.trace("odd_addresses", "web", { protocol = "udp" })
    assert.same({ "completed", r.hops[7].addr }, { r.stop_reason, r.hops[8].addr })
  end)
end)

describe("hard case 23: odd router addresses", function()
  it("are recorded as they come, and classified; 0.0.0.0 is data", function()
    local expected = { { "10.0.0.1", "private" }, { "0.0.0.0", "this-network" },
      { "127.0.0.1", "loopback" }, { "100.64.0.1", "shared" }, { "224.0.0.1", "multicast" },
      { "192.0.2.1", "documentation" }, { "198.51.100.7", "documentation" },
      { "198.51.100.7", "documentation" }, { "203.0.113.9", "documentation" } }
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r = hard.trace("odd_addresses", "web", { protocol = protocol })
      local seen = {}
      for ttl, hop in ipairs(r.hops) do seen[ttl] = { hop.addr, hop.addr_class } end
      assert.same(expected, seen)
      assert.is_true(r.hops[6].replies[1].local_)
      for ttl, hop in ipairs(r.hops) do
        assert.equal(ttl == 2 and "this-network" or nil, hop.replies[1].addr_class)
      end
    end
  end)
end)

describe("hard case 26: path lengths differ, and change", function()
  it("each flow has its own, and a later one may be longer than the first", function()
    local lengths = {}
    hard.over("unequal_paths", function(e)
      for flow = 0, 15 do
        local seen, truth, r = both(e, "web", { protocol = "udp", flow = flow })
        assert.equal(truth, seen)
        assert.equal("completed", r.stop_reason)
        lengths[r.hop_count] = (lengths[r.hop_count] or 0) + 1
      end
    end)
    assert.equal(16, lengths[4] + lengths[6])
  end)

  it("all addresses at a hop are recorded, with their replies", function()
    local opts = { protocol = "udp", multipath = "classic", queries = 16, loop_limit = 0 }
    local r = hard.trace("unequal_paths", "web", opts)
    local n = {}
    for _, reply in ipairs(r.hops[2].replies) do n[reply.addr] = (n[reply.addr] or 0) + 1 end
    assert.equal(16, n["198.18.1.1"] + n["198.18.2.1"])
    assert(n["198.18.1.1"] > 0 and n["198.18.2.1"] > 0)
  end)

  it("a trace after a change of route finds the new end", function()
    hard.over("unequal_paths", function(e)
      local slow = { pace = function() return 500 end }
      local list = { { "late", { protocol = "udp" } }, { "web", slow }, { "late" } }
      local ends = {}
      for i, job in ipairs(list) do ends[i] = hard.ends(traces.run(e, { job })[1]) end
      assert.same({ "1 1 9 8", "1 1 2 3 9 8" }, { ends[1], ends[3] })
    end)
  end)

  it("a change during a trace shows as it happened, and the trace completes", function()
    local r = hard.trace("unequal_paths", "late",
      { protocol = "udp", window = 1, pace = function() return 700 end })
    assert.same({ "completed", "198.18.1.1", "198.18.2.2" }, { r.stop_reason, r.hops[2].addr,
      r.hops[3].addr })
    assert.equal(r.dst, r.hops[6].addr)
  end)
end)

describe("hard case 26: the way changes between rounds", function()
  -- What answered in each round, hop by hop, "*" for silence.
  local function rounds(target, opts)
    local list = {}
    opts.strategy = mtr.strategy.rounds { rounds = 6, interval = 1000 }
    local r, told = hard.trace("unequal_paths", target, opts)
    for _, reply in ipairs(told.replies) do
      local number = math.floor(reply.at / 1000) + 1
      local round = list[number] or {}
      round[reply.ttl] = reply.addr:match "%x+$"
      list[number] = round
    end
    for i, round in ipairs(list) do
      local words, last = {}, 0
      for ttl in pairs(round) do last = math.max(last, ttl) end
      for ttl = 1, last do words[ttl] = round[ttl] or "*" end
      list[i] = table.concat(words, " ")
    end
    return list, r
  end

  it("the target's TTL is found again: a longer path is followed to its end", function()
    for _, window in ipairs { 1, 8 } do
      local list, r = rounds("late", { protocol = "udp", gap_limit = 2, window = window })
      assert.same({ "1 1 9 8", "1 1 2 3 9 8" }, { list[2], list[6] })
      assert.same({ "completed", 6, r.dst }, { r.stop_reason, r.hop_count, r.hops[6].addr })
      local at4 = {}
      for _, reply in ipairs(r.hops[4].replies) do at4[reply.addr:match "%x+$"] = true end
      assert.same({ ["8"] = true, ["3"] = true }, at4)
    end
  end)

  it("a shorter path too, and an unchanged one is probed no further", function()
    local list, r = rounds("early", { protocol = "udp" })
    assert.same({ "1 1 2 3 9 7", "1 1 9 7" }, { list[2], list[6] })
    assert.same({ "completed", 4 }, { r.stop_reason, r.hop_count })
    local same = rounds("web", { protocol = "udp", window = 1 })
    for i = 2, 6 do assert.equal(same[1], same[i]) end
  end)
end)

describe("hard case 27: groups, anycast and this host as targets", function()
  it("groups are refused unless allow_broadcast is set", function()
    hard.over("groups", function(e)
      for _, target in ipairs { "239.1.2.3", "ff02::1:3", "255.255.255.255" } do
        local failed, left = traces.run(e, { { target } })
        assert.same({ "EACCES", 0 }, { failed[1].name, left })
      end
    end)
  end)

  it("any member of a group may answer, the others are duplicates", function()
    for family = 4, 6, 2 do
      local r, _, stats = hard.trace("groups", "group", { family = family,
        allow_broadcast = true })
      assert.same({ "completed", 1 }, { r.stop_reason, r.hop_count })
      assert(stats.duplicates > 0)
      assert.equal("7", hard.ends(r))
    end
  end)

  it("an anycast server may answer from an address of its own", function()
    hard.each(function(opts, family)
      local r = hard.trace("groups", "anycast", opts)
      assert.same({ "completed", 2 }, { r.stop_reason, r.hop_count })
      assert.equal(family == 4 and "198.51.100.53" or "2001:db8:53::1", r.hops[2].addr)
    end)
  end)

  it("this host is one hop away", function()
    hard.each(function(opts)
      local r = hard.trace("plain", "me", opts)
      assert.same({ "completed", 1, r.src }, { r.stop_reason, r.hop_count, r.hops[1].addr })
    end)
  end)
end)

describe("hard case 28: others answer for the target", function()
  local function warned(...)
    local kinds = {}
    for i, warning in ipairs(mtr.warnings(...)) do kinds[i] = warning.kind end
    return kinds
  end

  it("a proxy: the TCP path is shorter than ICMP's, and its reply has too large a TTL", function()
    local tcp = hard.trace("proxy", "web", { protocol = "tcp" })
    local icmp = hard.trace("proxy", "web", {})
    assert.same({ "completed", 3, "completed", 4 }, { tcp.stop_reason, tcp.hop_count,
      icmp.stop_reason, icmp.hop_count })
    assert.equal(tcp.hops[2].replies[1].reply_ttl, tcp.hops[3].replies[1].reply_ttl)
    assert.are_not.equal(icmp.hops[4].replies[1].reply_ttl, tcp.hops[3].replies[1].reply_ttl)
    assert.same({ "shorter", "reply_ttl" }, warned(tcp, icmp))
    assert.same({}, warned(icmp, tcp))
  end)

  it("a gateway: hops share the target's address, and none of them is taken for it", function()
    local r = hard.trace("proxy", "jool", {})
    assert.same({ "completed", 4 }, { r.stop_reason, r.hop_count })
    for ttl = 2, 3 do
      assert.same({ r.dst, true }, { r.hops[ttl].addr, r.hops[ttl].replies[1].te_from_dst })
    end
    assert.same({ "one_address" }, warned(r))
  end)
end)

describe("hard case 30: the IPv6 flow label", function()
  it("is one for each flow, constant over all TTLs, and shown", function()
    local labels, paths = {}, {}
    hard.over("flow_labels", function(e)
      for flow = 0, 31 do
        local opts = { protocol = "udp", flow = flow, queries = 3 }
        local seen, truth, r = both(e, "web", opts)
        assert.equal(truth, seen)
        for _, hop in ipairs(r.hops) do
          for _, reply in ipairs(hop.replies) do assert.equal(hop.addr, reply.addr) end
        end
        assert.is_nil(labels[r.flow_label])
        labels[r.flow_label], paths[seen] = true, true
      end
    end)
    local n = 0
    for _ in pairs(paths) do n = n + 1 end
    assert(n > 8, "flows took " .. n .. " of 16 ways")
  end)

  it("can be chosen", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local opts = { protocol = protocol, flow_label = 77 }
      local one = hard.trace("flow_labels", "web", opts)
      opts.flow = 9
      local two = hard.trace("flow_labels", "web", opts)
      assert.equal(77, one.flow_label)
      assert.equal(traces.path(one), traces.path(two))
    end
  end)
end)
