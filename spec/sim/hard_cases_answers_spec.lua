-- SPDX-License-Identifier: MIT
--
-- Hard cases about answers, their number and their time: messages that complete a trace, that stop
-- it, that are not a hop, and that do not count.
local mtr = require "mtr"
local hard = require "spec.support.virtual.hard"
local traces = require "spec.support.virtual.traces"

describe("hard case 7: the target answers from another address", function()
  it("is recognised by its message, completes the trace, and is flagged", function()
    hard.each(function(opts, family)
      local r = hard.trace("other_address", "web", opts)
      local reply = r.hops[2].replies[1]
      assert.same({ "completed", 2, true, true }, { r.stop_reason, r.hop_count, reply.final,
        reply.other_addr })
      assert.equal(family == 4 and "203.0.113.10" or "2001:db8:9::10", r.hops[2].addr)
    end)
  end)
end)

describe("hard case 8: time exceeded from the target's address", function()
  it("does not complete the trace, and is recorded", function()
    hard.each(function(opts)
      local r = hard.trace("te_from_dst", "web", opts)
      assert.same({ "completed", 4 }, { r.stop_reason, r.hop_count })
      assert.same({ true, r.dst, r.dst }, { r.hops[2].replies[1].te_from_dst, r.hops[2].addr,
        r.hops[4].addr })
      assert.is_nil(r.hops[3].replies[1].te_from_dst)
    end)
  end)

  it("completes the trace with stop_on_te_from_dst", function()
    for _, strategy in ipairs { "window", "sequential" } do
      hard.each(function(opts)
        opts.stop_on_te_from_dst, opts.strategy = true, strategy
        local r = hard.trace("te_from_dst", "web", opts)
        assert.same({ "completed", 2, r.dst, true }, { r.stop_reason, r.hop_count,
          r.hops[2].addr, r.hops[2].replies[1].te_from_dst })
      end)
    end
  end)
end)

describe("hard case 9: unreachables from the middle", function()
  -- Of IPv4 and of IPv6.
  local CODES = { host = { 1, 3 }, admin = { 13, 1 }, policy = { 13, 5 }, gone = { 0, 0 } }

  local function trace(target, opts)
    opts.queries, opts.attempts = 3, 1
    return hard.trace("unreachables", target, opts)
  end

  it("end the trace when all queries of a TTL got one, with the code as data", function()
    for target, codes in pairs(CODES) do
      hard.each(function(opts, family)
        local r = trace(target, opts)
        assert.same({ "unreach", codes[family / 2 - 1], 3 }, { r.stop_reason, r.stop_data,
          r.hop_count })
        assert.same(r.hops[2].addr, r.hops[3].addr)
        assert.equal(3, #r.hops[3].replies)
        for _, reply in ipairs(r.hops[3].replies) do
          assert.same({ true, nil }, { reply.unreach, reply.final })
        end
      end)
    end
  end)

  it("do not end the trace when only some queries of a TTL got one", function()
    hard.each(function(opts)
      opts.queries, opts.attempts = 16, 1
      local r = hard.trace("unreachables", "half", opts)
      local n = { unreach = 0, expired = 0 }
      for _, reply in ipairs(r.hops[3].replies) do
        local kind = reply.unreach and "unreach" or "expired"
        n[kind] = n[kind] + 1
      end
      assert(n.unreach > 0 and n.expired > 0)
      assert.same({ "completed", 4 }, { r.stop_reason, r.hop_count })
    end)
  end)

  it("do not end the trace with unreach_continue: they are recorded", function()
    for _, strategy in ipairs { "window", "sequential", "random" } do
      for target, codes in pairs(CODES) do
        hard.each(function(opts, family)
          opts.unreach_continue, opts.strategy, opts.max_ttl = true, strategy, 6
          opts.loop_limit = 0
          local r = trace(target, opts)
          assert.same({ "hoplimit", 6 }, { r.stop_reason, r.hop_count })
          local reply = r.hops[3].replies[1]
          assert.same({ family == 4 and 3 or 1, codes[family / 2 - 1], nil }, { reply.icmp_type,
            reply.icmp_code, reply.unreach })
        end)
      end
    end
  end)

  it("complete the trace if they are of UDP's port, whoever sends them", function()
    for family = 4, 6, 2 do
      local r = trace("port", { protocol = "udp", family = family })
      assert.same({ "completed", true }, { r.stop_reason, r.hops[3].replies[1].other_addr })
      for _, protocol in ipairs { "icmp", "tcp" } do
        local other = trace("port", { protocol = protocol, family = family })
        assert.same({ "unreach", family == 4 and 3 or 4 }, { other.stop_reason, other.stop_data })
      end
    end
  end)

  it("end the trace with their code if the target itself sends them", function()
    hard.each(function(opts, family)
      local r = trace("refuses", opts)
      assert.same({ "unreach", family == 4 and 13 or 1, r.dst }, { r.stop_reason, r.stop_data,
        r.hops[3].addr })
    end)
  end)
end)

describe("hard case 10: packet too big on the way", function()
  local function trace(target, protocol, family)
    return hard.trace("small_mtu", target, { protocol = protocol, family = family, size = 1500,
      dont_fragment = true })
  end

  it("is no answer and no stop: the MTU is recorded, and the probe goes again, smaller", function()
    hard.each(function(opts, family)
      local r, told, stats = trace("honest", opts.protocol, family)
      local first = r.hops[2].replies[1]
      assert.same({ "completed", 2, 1400 }, { r.stop_reason, r.hop_count, r.size })
      assert.same({ true, 1400, r.hops[1].addr }, { first.too_big, first.mtu, first.addr })
      assert.equal(r.dst, r.hops[2].addr)
      assert.same({}, told.timeouts)
      assert.equal(0, stats.timeouts)
    end)
  end)

  it("without an MTU, or with a false one, is followed by RFC 1191's plateaus", function()
    hard.each(function(opts, family)
      for _, target in ipairs { "old", "liar" } do
        local r = trace(target, opts.protocol, family)
        local sizes = {}
        for _, reply in ipairs(r.hops[3].replies) do
          if reply.too_big then sizes[#sizes + 1] = reply.quoted.size end
        end
        assert.same({ "completed", { 1500, 1492 } }, { r.stop_reason, sizes })
        assert.equal(family == 4 and 1006 or 1280, r.size)
      end
    end)
  end)

  it("that is not reported is silence for a sweep; strategy pmtu searches by it", function()
    local mtus = { honest = 1400, old = 1300, liar = 1300, dark = 1300 }
    hard.each(function(opts, family)
      assert.equal("gaplimit", trace("dark", opts.protocol, family).stop_reason)
      opts.strategy = "pmtu"
      for target, mtu in pairs(mtus) do
        local r = hard.trace("small_mtu", target, opts)
        assert.same({ mtu, true, target == "dark" or nil }, { r.pmtu.mtu, r.pmtu.complete,
          r.pmtu.blackhole })
      end
    end)
  end)
end)

describe("hard case 11: duplicate replies", function()
  it("are reported and kept as duplicates; only the first one counts", function()
    for _, protocol in ipairs { "icmp", "udp", "tcp" } do
      local r, told, stats = hard.trace("duplicates", "web", { protocol = protocol })
      local dups, first = 0, 0
      for _, reply in ipairs(told.replies) do
        if reply.dup then dups = dups + 1 else first = first + 1 end
      end
      assert.same({ 3, 3, 3 }, { first, stats.replies, r.hop_count })
      assert.equal(dups, stats.duplicates)
      for ttl, hop in ipairs(r.hops) do
        assert.equal(hop.rtt, hop.replies[1].rtt)
        assert.is_nil(hop.replies[1].dup)
        for i = 2, #hop.replies do assert.is_true(hop.replies[i].dup) end
        assert(#hop.replies >= (ttl < 3 and 3 or 2))
      end
    end
  end)

  it("do not replace a missing answer", function()
    local r, _, stats = hard.trace("duplicates", "web", { queries = 3, attempts = 1 })
    assert.equal(9, stats.replies)
    for _, hop in ipairs(r.hops) do
      local n = 0
      for _, reply in ipairs(hop.replies) do if not reply.dup then n = n + 1 end end
      assert.equal(3, n)
    end
  end)
end)

describe("hard case 12: late replies", function()
  it("belong to the attempt that they answer, and change neither hop nor count", function()
    local opts = { timeout = 500, attempts = 4 }
    local r, told, stats = hard.trace("late", "web", opts)
    local late = {}
    for _, reply in ipairs(told.replies) do
      if reply.late then
        late[#late + 1] = reply.attempt
        assert.same({ 2, 704 }, { reply.ttl, reply.rtt })
      end
    end
    assert.same({ 1, 2, 3 }, late)
    assert.same({ nil, 3, 8 }, { r.hops[2].addr, stats.late, stats.timeouts })
    assert.equal(8, #told.timeouts)
  end)

  it("of a trace that is done, or later than late_window, are dropped and counted", function()
    hard.over("late", function(e)
      local short, long
      assert(e:trace("web", { timeout = 500, attempts = 1 }, function(_, r) short = r end))
      assert(e:trace("web", { timeout = "9s", flow = 1 }, function(_, r) long = r end))
      e:run()
      assert.same({ "1 * * 9", "1 2 3 9" }, { hard.ends(short), hard.ends(long) })
      local stats = e:stats()
      assert.equal(2, stats.orphans + stats.unmatched)
    end)
  end)
end)

describe("hard case 20: SYN/ACK or RST", function()
  it("both complete the trace; the flags and the MSS are reported", function()
    for family = 4, 6, 2 do
      local open = hard.trace("plain", "web", { protocol = "tcp", family = family, port = 80 })
      local shut = hard.trace("plain", "web", { protocol = "tcp", family = family, port = 82 })
      local syn, rst = open.hops[3].replies[1], shut.hops[3].replies[1]
      assert.same({ "completed", "completed" }, { open.stop_reason, shut.stop_reason })
      assert.same({ 0x12, 1400, 0x14, nil }, { syn.tcp_flags, syn.mss, rst.tcp_flags, rst.mss })
    end
  end)

  it("an ACK probe is answered by a reset, a silent port by nothing", function()
    local ack = hard.trace("plain", "web", { protocol = "tcp", tcp_flags = "ack" })
    assert.same({ "completed", 4 }, { ack.stop_reason, ack.hops[3].replies[1].tcp_flags % 8 })
    assert.equal("gaplimit",
      hard.trace("plain", "web", { protocol = "tcp", port = 81 }).stop_reason)
  end)

  it("the ports are the same for all probes of a trace, so that they take one way", function()
    for flow = 0, 7 do
      hard.over("unequal_paths", function(e)
        local path = e:sim():path("web", flow, { protocol = "tcp" })
        local opts = { protocol = "tcp", flow = flow, queries = 3 }
        local r = traces.run(e, { { "web", opts } })[1]
        assert.equal(table.concat(path, " ", 1, path.n), traces.path(r))
      end)
    end
  end)
end)

describe("hard case 21: the UDP port is open", function()
  it("data completes the trace, matched by its ports", function()
    for family = 4, 6, 2 do
      local r = hard.trace("open_udp", "dns", { protocol = "udp", family = family, port = 53 })
      local reply = r.hops[3].replies[1]
      assert.same({ "completed", r.dst, "udp", true }, { r.stop_reason, r.hops[3].addr,
        reply.protocol, reply.final })
      local other = hard.trace("open_udp", "dns", { protocol = "udp", family = family })
      assert.equal("gaplimit", other.stop_reason)
    end
  end)

  it("and so does the answer to the payload of a service", function()
    for _, payload in pairs(mtr.payloads) do
      for family = 4, 6, 2 do
        local r = hard.trace("open_udp", "dns", { protocol = "udp", family = family, port = 53,
          payload = payload })
        assert.same({ "completed", r.dst }, { r.stop_reason, r.hops[3].addr })
      end
    end
  end)
end)
