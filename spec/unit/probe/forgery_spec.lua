-- SPDX-License-Identifier: MIT
--
-- Replies of somebody who sees none of our packets, but knows source, destination and ports, and
-- when we send; and of the target of another trace, who has seen what came to it. The chances are
-- those that match.h tells.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/probe/match.h", "core/probe/receive.h" }

local DST = { [4] = "203.0.113.9", [6] = "2001:db8:9::9" }
local ROUTER = { [4] = "10.0.0.1", [6] = "2001:db8:a::1" }
local ELSEWHERE = { [4] = "198.51.100.7", [6] = "2001:db8:b::7" }
local SHORT = C.WIRE_QUOTE + C.WIRE_TRUNCATED
local N = 32768

-- The log2 of the chance that a full match is guessed, per outstanding probe.
local FULL = {
  { "icmp", 4, "TIME_EXCEEDED", 45 }, { "icmp", 6, "TIME_EXCEEDED", 46 },
  { "udp", 4, "TIME_EXCEEDED", 30 }, { "udp", 6, "TIME_EXCEEDED", 35 },
  { "tcp", 4, "TIME_EXCEEDED", 44 }, { "tcp", 6, "TIME_EXCEEDED", 49 },
  { "icmp", 4, "ECHO_REPLY", 30 }, { "icmp", 6, "ECHO_REPLY", 30 },
  { "tcp", 4, "TCP_REPLY", 29 }, { "tcp", 6, "TCP_REPLY", 29 },
}

-- Per field, the numbers that it may have for somebody who knows how they are made.
local SPACE = { id = { 1, 0x8000 }, ip_id = { 1, 0xffff, 2 }, tcp_low = { 1, 0x7fff },
  checksum = { 0x1000, 0xefff }, flow_label = { 0, 0xfffff } }
local HOLDS = {
  icmp = { "id", "checksum" }, udp = { "id" }, tcp = { "id", "tcp_low" },
}

describe("a forged reply", function()
  local d, r

  local function open(o, v, engine)
    o.dst = DST[v]
    r = random(7)
    d = drive.over(engine or {}, { dst = DST[v], dest = false })
    local t = d:start(o)
    d:step()
    return t
  end

  local function size(name)
    local first, last, step = unpack(SPACE[name])
    return (last - first) / (step or 1) + 1
  end
  local function guess(name) return SPACE[name][1] + (r(size(name)) - 1) * (SPACE[name][3] or 1) end

  local function match(reply)
    local tier = ffi.new("int[1]")
    local p = C.match_probe(d.core, reply, tier)
    if p == nil then return nil end
    return tonumber(p.handle), bit.band(tier[0], C.MATCH_WEAK) == 0
  end

  after_each(function()
    if d then d:close() end
    d = nil
  end)

  for _, case in ipairs(FULL) do
    local protocol, v, kind, bits = unpack(case)
    it(("of %s over IPv%d, %s, is full with 2^-%d"):format(protocol, v, kind, bits), function()
      open({ protocol = protocol, window = 8, timeout = 1e6 }, v)
      local p = d.sent[1]
      local from = kind == "TIME_EXCEEDED" and ROUTER[v] or DST[v]
      local names = { unpack(HOLDS[protocol]) }
      if kind == "TIME_EXCEEDED" then names[#names + 1] = v == 4 and "ip_id" or "flow_label" end
      -- As it is, it is full; each field by itself has one value that is.
      local handle, full = match(path.reply(p, { kind = kind, from = from }))
      assert.same({ p.handle, true }, { handle, full })
      local sum = 0
      for _, name in ipairs(names) do
        local space, hits = size(name), 0
        local reply = path.reply(p, { kind = kind, from = from })
        for value = SPACE[name][1], SPACE[name][2] do
          reply[name] = value
          local h, all = match(reply)
          if all and h == p.handle then hits = hits + 1 end
        end
        assert.equal(1, hits, name)
        sum = sum + math.log(space) / math.log(2)
      end
      assert.is_true(sum > bits - 0.5, sum)
      -- And of random ones none hits, where that is not likely.
      local hits = 0
      for _ = 1, N do
        local fields = { kind = kind, from = from }
        for _, name in ipairs(names) do fields[name] = guess(name) end
        local _, all = match(path.reply(p, fields))
        if all then hits = hits + 1 end
      end
      assert.is_true(hits <= (bits > 25 and 0 or 8 * N / 2 ^ bits * 3 + 4), hits)
    end)
  end

  -- What was measured: all identifications tried, and how many false hops there were.
  local SWEEPS = {
    { "20 bytes quoted", 4, function(i)
      return { ip_id = 2 * i - 1, id = 0, sport = 0, dport = 0, checksum = 0, tcp_low = 0,
        flags = SHORT }
    end },
    { "8 bytes of UDP, checksum 0 and wrong ports", 4, function(i)
      return { ip_id = 2 * i - 1, id = 0, sport = 9, dport = 9, tcp_low = 0, checksum = 0 }
    end },
    { "another source and port", 6, function(i)
      return { id = i, sport = 9, quoted_src = ELSEWHERE[6], tcp_low = i % 0x7fff }
    end },
    { "another destination", 4, function(i)
      return { id = i, ip_id = 0, quoted_dst = ("10.%d.%d.9"):format(math.floor(i / 256), i % 256) }
    end },
    { "another destination", 6, function(i)
      return { id = i, quoted_dst = ("2001:db8:c::%x"):format(i) }
    end },
    { "an answer from elsewhere", 4, function(i, protocol)
      if protocol == "udp" then return nil end
      return { id = i, kind = protocol == "icmp" and "ECHO_REPLY" or "TCP_REPLY", checksum = 0,
        from = ("10.%d.%d.9"):format(math.floor(i / 256), i % 256) }
    end },
  }
  for _, case in ipairs(SWEEPS) do
    local name, v, fields = unpack(case)
    for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
      it(("of %s over IPv%d, %s, is not found by trying"):format(protocol, v, name), function()
        local hits, rounds = 0, 0
        for seed = 1, 3 do
          open({ protocol = protocol, window = 15, gap_limit = 0, timeout = 1e6 }, v,
            { seed = seed })
          local order = {}
          for i = 1, N do order[i] = i end
          for i = N, 2, -1 do
            local j = r(i)
            order[i], order[j] = order[j], order[i]
          end
          for _, i in ipairs(order) do
            local f = rounds < seed * 8192 and fields(i, protocol)
            if not f then break end
            f.from = f.from or ROUTER[v]
            f.kind = f.kind or "TIME_EXCEEDED"
            C.receive_reply(d.core, path.reply(d.sent[1], f), d.now)
            rounds = rounds + 1
            d:collect()
          end
          hits = hits + d:count "replies"
          d:close()
        end
        d = nil
        assert.is_true(hits <= 1, hits .. " of " .. rounds)
      end)
    end
  end

  it("is not made of what came to the target of another trace", function()
    for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
      local hits = 0
      for seed = 1, 20 do
        open({ protocol = protocol, window = 6, gap_limit = 0, timeout = 1e6 }, 4, { seed = seed })
        local seen = { unpack(d.sent) }
        local other = d:start{ protocol = protocol, dst = "198.51.100.50", window = 5,
          gap_limit = 0, timeout = 1e6 }
        d:step()
        local victim = d.sent[#seen + 1]
        for i = 2, #seen do
          for steps = -8, 8 do
            local id = (seen[#seen].id - 1 + steps * (seen[i].id - seen[i - 1].id)) % N + 1
            local ip = (seen[#seen].ip_id + steps * (seen[i].ip_id - seen[i - 1].ip_id)) % (2 * N)
            C.receive_reply(d.core, path.reply(victim, { from = ROUTER[4], id = id, ip_id = ip,
              tcp_low = seen[i].cookie, checksum = seen[i].checksum }), d.now)
          end
        end
        d:collect()
        hits = hits + #d:of("REPLY", other)
        d:close()
      end
      d = nil
      assert.is_true(hits <= 1, hits)
    end
  end)

  it("is marked and may be refused, where honest boxes make the same", function()
    local nat = { from = ROUTER[4], kind = "TIME_EXCEEDED", quoted_src = ELSEWHERE[4],
      sport = 61001 }
    for strict = 0, 1 do
      open({ protocol = "tcp" }, 4, { strict = strict })
      d:deliver(1, path.reply(d.sent[1], nat))
      d:deliver(2, path.reply(d.sent[2], { from = ROUTER[4] }))
      d:run(5)
      local list = d:of "REPLY"
      assert.equal(2 - strict, #list)
      assert.equal(strict, d:count "unmatched")
      if strict == 0 then assert.is_true(table.remove(list, 1).set.WEAK) end
      assert.is_nil(list[1].set.WEAK)
      d:close()
    end
    d = nil
  end)

  -- Each such quote has every port tried, so whoever sends many would have us do nothing else.
  it("with no identification is tried on all ports some times only, and later again", function()
    open({ protocol = "udp", window = 6, gap_limit = 0, timeout = 1e6 }, 4)
    local state = d.core
    local function quote(i)
      return path.reply(d.sent[1], { from = ROUTER[4], kind = "TIME_EXCEEDED", ip_id = 0, id = i,
        sport = 61001, quoted_src = ELSEWHERE[4], quoted_dst = "10.9.9.9" })
    end
    C.receive_replies(d.core, quote(1), 0, d.now)
    for i = 1, 1000 do C.receive_reply(d.core, quote(i), d.now) end
    assert.equal(C.MATCH_SEARCHES, state.searched)
    local tier = ffi.new("int[1]")
    C.match_probe(d.core, quote(7), tier)
    assert.equal(0, bit.band(tier[0], C.MATCH_SEARCHED))
    C.receive_replies(d.core, quote(7), 1, d.now + 10 * C.MATCH_SEARCH_NS)
    assert.equal(C.MATCH_SEARCHES - 9, state.searched)
    C.receive_replies(d.core, quote(7), 1, d.now + 1e6 * C.MATCH_SEARCH_NS)
    assert.equal(1, state.searched)
  end)
end)
