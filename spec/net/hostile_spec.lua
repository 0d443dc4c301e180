-- SPDX-License-Identifier: MIT
--
-- Answers that are strange, late, repeated, for another probe, or not answers: the hard cases 7 to
-- 13, 20, 21, 23, 31, 32 and 40 (see spec/sim/hard_cases_spec.lua), as packets through the kernel.

local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local nets = require "spec.support.real.nets"
local packet = require "spec.support.packets.packet"

local icmp, quote = forger.icmp, forger.quote

local function exceeded(p, o) return icmp(p, "exceeded", o) end

-- A destination's answer, but from its other address.
local function elsewhere(p)
  local from = forger.addr(p.v, 2, 3)
  if p.protocol == "icmp" then return forger.echo(p, { from = from }) end
  if p.protocol == "tcp" then return forger.tcp(p, { from = from }) end
  return icmp(p, "unreach", { from = from, code = p.v == 4 and 3 or 4 })
end

-- Packet too big; the next hop takes mtu.
local function too_big(mtu)
  return function(p)
    if #p.bytes < 600 then return exceeded(p) end
    return icmp(p, "too_big", { code = p.v == 4 and 4 or 0, word = mtu })
  end
end

local ROUTER = { [4] = "10.66.1.2", [6] = "fd66:1::2" }
local OTHER = { [4] = "10.66.2.3", [6] = "fd66:2::3" }

local function sizes(want)
  return function(result, v)
    assert.equal(want[v], result.size)
    assert.is_true(result.hops[2].replies[1].too_big)
    assert.equal(ROUTER[v], result.hops[2].replies[2].addr)
  end
end

local CASES = {
  { "the destination may answer from another address", answer = elsewhere, stop = "completed",
    hop = OTHER, reply = { final = true, other_addr = true } },
  { "time exceeded from the destination does not end a trace", hop = hostile.DST,
    answer = function(p) return exceeded(p, { from = p.dst }) end,
    reply = { te_from_dst = true, final = false } },
  { "an unreachable host on the way does", answer = function(p)
    return icmp(p, "unreach", { code = p.v == 4 and 1 or 3 })
  end, stop = "unreach", data = { [4] = 1, [6] = 3 }, reply = { unreach = true } },
  { "a prohibition does", answer = function(p)
    return icmp(p, "unreach", { code = p.v == 4 and 13 or 1 })
  end, stop = "unreach", data = { [4] = 13, [6] = 1 }, reply = { unreach = true } },
  { "an unreachable port on the way is the end for UDP", only = "udp", answer = function(p)
    return icmp(p, "unreach", { code = p.v == 4 and 3 or 4 })
  end, stop = "completed", reply = { final = true, other_addr = true } },
  { "and a refusal for the others", only = "icmp tcp", answer = function(p)
    return icmp(p, "unreach", { code = p.v == 4 and 3 or 4 })
  end, stop = "unreach", data = { [4] = 3, [6] = 4 }, reply = { unreach = true } },

  { "packet too big is no hop, the size gives way", opts = { size = 1400, attempts = 3 },
    answer = too_big(599), only = "v4", replies = 2, check = sizes { [4] = 599 } },
  { "nor does it give way below what IPv6 has to carry", opts = { size = 1400 }, only = "v6",
    answer = too_big(599), hop = false, replies = 2, reply = { too_big = true, mtu = 599 },
    check = function(result) assert.equal(1280, result.size) end },
  { "packet too big that names no size is met with a smaller one", opts = { size = 1000,
    attempts = 3 }, answer = too_big(0), only = "v4", replies = 2, check = sizes { [4] = 508 } },
  { "nor is it asked for what no link may be too small for", opts = { size = 1000,
    attempts = 3 }, answer = too_big(20), only = "v4", replies = 2, check = sizes { [4] = 508 } },
  { "packet too big that would take what was sent is met with less and less",
    opts = { size = 1400 }, answer = too_big(1500), only = "v4", replies = 3,
    check = function(result)
      assert.equal(508, result.size)
      assert.same({ 1500, 1500 }, { result.hops[2].replies[1].mtu, result.hops[2].replies[2].mtu })
    end },

  { "reassembly time exceeded is no hop", answer = function(p) return exceeded(p, { code = 1 }) end,
    hop = false, replies = 1, reply = { icmp_code = 1 } },
  { "a parameter problem is no hop", answer = function(p) return icmp(p, "parameter") end,
    hop = false, replies = 1 },
  { "a source quench is no hop", only = "v4", answer = function(p) return icmp(p, "quench") end,
    hop = false, replies = 1 },
  { "a redirect is no hop", only = "v4", answer = function(p)
    return icmp(p, "redirect", { code = 1, word = 0x0a420109 })
  end, hop = false, replies = 1 },
  { "a redirect before the answer is not it", only = "v4", answer = function(p)
    return { icmp(p, "redirect", { code = 1, word = 0x0a420109 }), exceeded(p) }
  end, replies = 2 },

  { "the first of several answers counts, the others are duplicates", replies = 3,
    counters = { duplicates = 2 }, answer = function(p)
      return { exceeded(p), exceeded(p), exceeded(p, { from = forger.addr(p.v, 1, 77) }) }
    end, check = function(result)
      local replies = result.hops[2].replies
      assert.same({ nil, true, true }, { replies[1].dup, replies[2].dup, replies[3].dup })
      assert.equal(replies[1].rtt, result.hops[2].rtt)
    end },
  { "shared address space is an address", only = "v4", hop = "100.64.0.7", answer = function(p)
    return exceeded(p, { from = "\100\64\0\7" })
  end, check = function(result) assert.equal("shared", result.hops[2].addr_class) end },
  { "an answer in two fragments is one", only = "v4", answer = function(p)
    local whole = exceeded(p):sub(21)
    local o = { protocol = 1, offset = 0x2000 }
    local first = forger.packet(p, o, whole:sub(1, 24))
    o.offset = 3
    return { first, forger.packet(p, o, whole:sub(25)) }
  end },
  { "an echo may come back with another payload", only = "icmp", hop = hostile.DST,
    stop = "completed", answer = function(p) return forger.echo(p, { payload = "else" }) end },
  { "and with none", only = "icmp", hop = hostile.DST, stop = "completed",
    answer = function(p) return forger.echo(p, { payload = "" }) end },

  { "SYN/ACK completes and tells its MSS, whatever other options", only = "tcp", hop = hostile.DST,
    stop = "completed", resets = 1, reply = { tcp_flags = 0x12, mss = 1234 }, answer = function(p)
      return forger.tcp(p, { flags = 0x12, options = "\1\254\6abcd\2\4\4\210\3\3\7\0\0" })
    end },
  { "damaged options do no harm", only = "tcp", hop = hostile.DST, stop = "completed", resets = 1,
    reply = { tcp_flags = 0x12, mss = false }, answer = function(p)
      return forger.tcp(p, { flags = 0x12, options = "\3\0\2\4" })
    end },
  { "nor a header that is longer than the packet", only = "tcp", hop = hostile.DST,
    stop = "completed", reply = { tcp_flags = 0x12, mss = false }, answer = function(p)
      return forger.tcp(p, { flags = 0x12, words = 15 })
    end },
  { "a reset with data completes", only = "tcp", hop = hostile.DST, stop = "completed",
    reply = { tcp_flags = 0x14 }, answer = function(p)
      return forger.tcp(p, { payload = "go away" })
    end },
  { "a reset of another number does not", only = "tcp", hop = false, counters = { unmatched = 1 },
    answer = function(p) return forger.tcp(p, { ack = p.seq + 40000 }) end },
  { "a SYN/ACK of another number does not", only = "tcp", hop = false, resets = 1,
    counters = { unmatched = 1 },
    answer = function(p) return forger.tcp(p, { flags = 0x12, ack = p.seq + 2 ^ 20 }) end },
  { "data of a connection that we do not have does not", only = "tcp", hop = false, resets = 1,
    answer = function(p) return forger.tcp(p, { flags = 0x19, payload = "GET /" }) end },
  { "data from an open port completes", only = "udp", hop = hostile.DST, stop = "completed",
    opts = { first_ttl = 2, max_ttl = 2 }, reply = { protocol = "udp", final = true },
    answer = function(p) return forger.udp(p) end },
  { "data from another port is nobody's", only = "udp", hop = false, counters = { unmatched = 1 },
    answer = function(p) return forger.udp(p, { sport = p.dport + 1 }) end },
  { "data from another address is nobody's", only = "udp", hop = false,
    counters = { unmatched = 1 },
    answer = function(p) return forger.udp(p, { from = forger.addr(p.v, 2, 9) }) end },

  { "somebody else's probe is not ours", hop = false, answer = function(p)
    local at = p.protocol == "icmp" and 4 or 0
    local port = ((p.sport or p.echo_id) + 20000) % 65536
    return exceeded(p, { quote = quote(p, { transport = { [at] = packet.u16(port) } }) })
  end },
  { "somebody else's echo reply is not ours", only = "icmp", hop = false, answer = function(p)
    return forger.echo(p, { echo_id = (p.echo_id + 20000) % 65536 })
  end },
  { "an echo reply of a number that we did not send is nobody's", only = "icmp", hop = false,
    counters = { unmatched = 1 },
    answer = function(p) return forger.echo(p, { seq = (p.seq + 30000) % 32768 }) end },
  { "a probe to another destination and port is not ours", only = "udp tcp", hop = false,
    counters = { unmatched = 1 }, answer = function(p)
      return exceeded(p, { quote = quote(p, { dst = forger.addr(p.v, 2, 200),
        transport = { [2] = packet.u16(p.dport + 9) } }) })
    end },
}

describe("from a hostile network", function()
  teardown(hostile.tear_down)

  for _, case in ipairs(CASES) do
    it(case[1], function()
      hostile.set_up(pending)
      hostile.run(case)
    end)
  end

  -- What a trace to a path of three hops with these options comes to, hop 2 answered by |answer|.
  local function trace(protocol, v, opts, answer)
    local l, f = hostile.set_up(pending)
    local result, stats
    nets.inside(l, function(e)
      opts.protocol = protocol
      e:trace(hostile.DST[v], opts, function(err, r) result = assert(r, err) end)
      local path = forger.path(3)
      f:drive(e, function(p)
        if p.ttl == 2 then answer(p, f) else f:send(path(p)) end
      end)
      stats = e:stats()
    end)
    return result, stats
  end

  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    it("a late answer over " .. protocol .. " is credited to its own attempt", function()
      for v = 4, 6, 2 do
        local count, first = 0, nil
        local result, stats = trace(protocol, v, { timeout = 600, attempts = 3 }, function(p, f)
          count = count + 1
          first = first or exceeded(p)
          -- The first is answered when the third has gone, the second never, the third at once.
          if count == 3 then
            f:send(first)
            f:send(exceeded(p, { from = forger.addr(v, 1, 9) }))
          end
        end)
        local hop = result.hops[2]
        local told = {}
        for i, reply in ipairs(hop.replies) do
          told[i] = { reply.attempt, reply.late or false, reply.addr }
        end
        assert.same({ { 1, true, ROUTER[v] }, { 3, false, (ROUTER[v]:gsub("2$", "9")) } }, told)
        assert.equal(hop.replies[2].addr, hop.addr)
        assert.equal(hop.replies[2].rtt, hop.rtt)
        assert.same({ 1, 2, 0, 0 }, { stats.late, stats.timeouts, stats.orphans,
          stats.duplicates })
      end
    end)

    it("an answer over " .. protocol .. " after the end of its trace is only counted", function()
      for v = 4, 6, 2 do
        local result, stats = trace(protocol, v, { timeout = 300, attempts = 1 }, function(p, f)
          f:send(exceeded(p), 700)
        end)
        assert.same({ "completed", 0 }, { result.stop_reason, #result.hops[2].replies })
        assert.same({ 0, 1, 0 }, { stats.late, stats.orphans, stats.unmatched })
      end
    end)
  end
end)
