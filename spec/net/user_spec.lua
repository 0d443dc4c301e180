-- SPDX-License-Identifier: MIT
--
-- The transport user: what it makes of errors, answers and forgeries, what its probes look like,
-- and what it refuses. spec/net/matrix_spec.lua compares its paths with the truth and with other
-- tracers; spec/net/user_load_spec.lua has many probes and few descriptors;
-- spec/net/ordinary_user_spec.lua runs it without any privilege.

local forger = require "spec.support.real.forger"
local hostile = require "spec.support.real.hostile"
local nets = require "spec.support.real.nets"
local packet = require "spec.support.packets.packet"

local u16, u32, quote = packet.u16, packet.u32, forger.quote
local USER = { transport = "user" }
local PROTOCOLS = { "icmp", "udp", "tcp" }

local function exceeded(p, q) return forger.icmp(p, "exceeded", { quote = q }) end

-- An error whose quote is cut to so many bytes of transport.
local function cut(n)
  return function(p) return exceeded(p, quote(p):sub(1, p.head + n)) end
end

-- An error whose quote has other bytes at an offset of its transport header, or behind it.
local function changed(offset, bytes)
  return function(p)
    return exceeded(p, quote(p, { transport = { [offset] = bytes(p) } }))
  end
end

-- A port or identifier that is no socket's: below those that the kernel draws, or not near ours.
local function other_port(p) return u16(p.sport and 1024 or (p.echo_id + 99) % 65536) end

local GUESSES = 100

-- Sends errors from elsewhere, whose quotes have no payload and other numbers.
local function flood(p, f, numbers)
  for i = 1, GUESSES do
    local q = quote(p, { transport = numbers(i) }):sub(1, p.head + 8)
    f:send(forger.icmp(p, "exceeded", { quote = q, from = forger.addr(p.v, 1, 99) }))
  end
end

local CASES = {
  { "believes a quote with our payload", answer = cut(40), only = "udp",
    reply = { weak = false, quoted = false } },
  { "takes a quote that shows the ports alone for weak", answer = cut(8), only = "udp",
    reply = { weak = true } },
  { "needs no more of ICMP than its header", answer = cut(8), only = "icmp",
    reply = { weak = false } },
  { "needs no more of TCP than the sequence number", answer = cut(8), only = "tcp",
    reply = { weak = false } },
  { "does not believe a quote with another payload", only = "udp", hop = false,
    answer = changed(8, function() return "forged!!" end), counters = { unmatched = 1 } },
  { "does not believe a quote to another port", only = "udp", hop = false,
    answer = changed(2, function(p) return u16(p.dport + 1) end), counters = { unmatched = 1 } },
  { "does not believe a quote of another ping", only = "icmp", hop = false,
    answer = changed(6, function() return u16(0x8001) end),
    counters = { unmatched = 1 } },
  { "does not believe a quote with another checksum, in strict engines", only = "icmp", hop = false,
    answer = changed(2, function(p) return u16((p.checksum + 9) % 65536) end), strict = true,
    counters = { unmatched = 1 } },
  { "does not believe a quote that shows the ports alone, in strict engines", only = "udp",
    answer = cut(8), hop = false, strict = true, counters = { unmatched = 1 } },
  { "has a kernel that compares the sequence number of TCP", only = "tcp", hop = false,
    answer = changed(4, function(p) return u32((p.seq + 9) % 2 ^ 32) end) },
  { "has a kernel that compares our port", only = "udp tcp", hop = false,
    answer = changed(0, other_port) },
  { "has a kernel that compares the echo identifier", only = "icmp", hop = false,
    answer = changed(4, other_port) },
  { "is not misled by guesses of the source port", only = "udp tcp", answer = function(p, f)
    flood(p, f, function(i) return { [0] = u16(1024 + i) } end)   -- below the kernel's range
    return exceeded(p)
  end },
  { "is not misled by guesses of the sequence number of a ping", only = "icmp",
    counters = { unmatched = GUESSES }, answer = function(p, f)
      flood(p, f, function(i) return { [6] = u16(0x8000 + i) } end)   -- above ours
      return exceeded(p)
    end },
  { "takes data from the target for the answer", only = "udp", hop = hostile.DST,
    answer = function(p) return forger.udp(p) end, stop = "completed",
    reply = { weak = true, protocol = "udp", reply_ttl = 61 } },
  { "does not believe data from elsewhere", only = "udp", hop = false,
    answer = function(p) return forger.udp(p, { sport = p.dport + 1 }) end,
    counters = { unmatched = 1 } },
  { "counts a second answer as one", only = "icmp udp", counters = { duplicates = 1 }, replies = 2,
    answer = function(p) return { exceeded(p, quote(p)), exceeded(p, quote(p)) } end },
  { "knows an MTU", only = "icmp udp", reply = { mtu = 1300 }, replies = 2,
    opts = { dont_fragment = true, size = 1400 }, answer = function(p)
      if p.size <= 1300 then return exceeded(p) end
      return forger.icmp(p, "too_big", { code = p.v == 4 and 4 or 0, word = 1300 })
    end },
}

describe("the transport user", function()
  teardown(hostile.tear_down)

  for _, case in ipairs(CASES) do
    it(case[1], function()
      hostile.set_up(pending)
      hostile.run(case, { transport = "user", strict = case.strict })
    end)
  end
end)

describe("a connection that opened", function()
  teardown(hostile.tear_down)

  it("is an answer, and is reset at once", function()
    local l, f = hostile.set_up(pending)
    for v = 4, 6, 2 do
      nets.inside(l, function(e)
        local result
        e:trace(hostile.DST[v], { protocol = "tcp", first_ttl = 3, max_ttl = 3, attempts = 1 },
          function(err, r) result = assert(r, err) end)
        f.resets = 0
        f:drive(e, function(p) f:send(forger.tcp(p, { flags = 0x12, seq = 7 })) end)
        f:answer(function() end)
        local reply = result.hops[3].replies[1]
        assert.same({ "completed", hostile.DST[v], 0x12, "kernel" },
          { result.stop_reason, reply.addr, reply.tcp_flags, reply.tstamp })
        assert.equal(1, f.resets)
      end, USER)
    end
  end)

  -- A machine that is busy may come too late once, but not each time.
  it("is over before the kernel sends its SYN again", function()
    local l, f = hostile.set_up(pending)
    local least = math.huge
    nets.inside(l, function(e)
      for _ = 1, 3 do
        local seen = 0
        e:trace(hostile.DST[4], { protocol = "tcp", max_ttl = 1, attempts = 1, timeout = 1500 },
          function(err) assert.is_nil(err) end)
        f:drive(e, function() seen = seen + 1 end)
        least = math.min(least, seen)
        if least == 1 then break end
      end
    end, USER)
    assert.equal(1, least)
  end)
end)

-- What the probes of a trace of three hops look like on the wire, as the network sees them.
local function seen(l, f, v, opts)
  local list = {}
  nets.inside(l, function(e)
    local path = forger.path(3)
    opts.attempts, opts.timeout, opts.max_ttl = 1, 500, 3
    e:trace(hostile.DST[v], opts, function(err) assert.is_nil(err) end)
    f:drive(e, function(p)
      list[#list + 1] = p
      f:send(path(p))
    end)
  end, USER)
  table.sort(list, function(a, b) return a.ttl < b.ttl end)
  return list
end

local function values(list, key)
  local all, count = {}, 0
  for _, p in ipairs(list) do
    if not all[p[key]] then count = count + 1 end
    all[p[key]] = true
  end
  return count
end

describe("a probe of user on the wire", function()
  teardown(hostile.tear_down)

  for _, protocol in ipairs(PROTOCOLS) do
    for v = 4, 6, 2 do
      it(("has the TTL, TOS and DF that were asked for: %s over IPv%d"):format(protocol, v),
        function()
          local l, f = hostile.set_up(pending)
          for _, df in ipairs { true, false } do
            local list = seen(l, f, v, { protocol = protocol, tos = 184, dont_fragment = df })
            assert.equal(3, #list)
            for ttl, p in ipairs(list) do
              assert.equal(ttl, p.ttl)
              local first, second, flags = p.bytes:byte(1), p.bytes:byte(2), p.bytes:byte(7)
              assert.equal(184, v == 4 and second or first % 16 * 16 + math.floor(second / 16))
              if v == 4 then assert.equal(df and 64 or 0, flags) end
            end
          end
        end)
    end
  end

  for v = 4, 6, 2 do
    it("of icmp paris has one checksum, of classic others, over IPv" .. v, function()
      local l, f = hostile.set_up(pending)
      local paris = seen(l, f, v, { payload = "payload" })
      assert.same({ 1, 1, 3 }, { values(paris, "checksum"), values(paris, "echo_id"),
        values(paris, "seq") })
      assert.equal("payload", paris[1].payload:sub(1, 7))
      assert.equal(3, values(seen(l, f, v, { multipath = "classic" }), "checksum"))
      assert.are_not.equal(paris[1].checksum, seen(l, f, v, { flow = 1 })[1].checksum)
    end)

    it("of udp and tcp has a source port of its own, over IPv" .. v, function()
      local l, f = hostile.set_up(pending)
      for _, protocol in ipairs { "udp", "tcp" } do
        local list = seen(l, f, v, { protocol = protocol, port = 5353 })
        assert.same({ 3, 1, 5353 }, { values(list, "sport"), values(list, "dport"),
          list[1].dport })
      end
      local list = seen(l, f, v, { protocol = "udp", payload = "odd", size = 300, fill = 7 })
      for _, p in ipairs(list) do
        assert.equal(300, p.size)
        assert.equal("odd", p.payload:sub(1, 3))
        assert.equal(("\7"):rep(9), p.payload:sub(-9))
      end
      assert.equal(3, values(list, "payload"))
    end)
  end
end)

-- Options that user does not have: protocol, options, what the message names.
local REFUSED = {
  { "tcp", { tcp_flags = "ack" }, 'tcp_flags "ack"' }, { "tcp", { payload = "x" }, "payload" },
  { "tcp", { size = 400 }, "size of tcp" }, { "tcp", { flow = 1 }, "flow" },
  { "tcp", { source_port = 5000 }, "source_port" },
  { "udp", { source_port = 5000 }, "source_port" },
  { "udp", { flow = 1 }, "flow" }, { "udp", { multipath = "dublin" }, 'multipath "dublin"' },
  { "icmp", { flow_label = 5 }, "flow_label" }, { "icmp", { mark = 5 }, "mark" },
}

describe("what user cannot do", function()
  teardown(nets.down_shared)

  for _, case in ipairs(REFUSED) do
    it("is refused by name: " .. case[3] .. " of " .. case[1], function()
      nets.needs_privilege(pending)
      local l = nets.shared "chain 2"
      nets.inside(l, function(e)
        case[2].protocol = case[1]
        local none, message, name = e:trace(l.dst6, case[2])
        assert.same({ nil, "EOPNOTSUPP" }, { none, name })
        assert.truthy(message:find(case[3] .. " is not possible with transport user", 1, true),
          message)
      end, USER)
    end)
  end

  it("is icmp where ping sockets are closed", function()
    nets.needs_privilege(pending)
    local l = nets.shared "chain 2"
    nets.pings(l, nil, true)
    l:inside(function()
      local e = assert(require "mtr".engine(USER))
      local able = e:transport().capabilities
      assert.is_true(e:transport().ordinary)
      local none, message, name = e:trace(l.dst4)
      assert.same({ false, true, true, true }, { able.icmp, able.udp, able.tcp, able.ext })
      assert.same({ nil, "EPERM" }, { none, name })
      assert.truthy(message:find('sysctl -w net.ipv4.ping_group_range="0 2147483647"', 1, true))
      for _, protocol in ipairs { "udp", "tcp" } do
        assert.equal("completed", e:trace(l.dst6, { protocol = protocol }).stop_reason)
      end
      e:close()
    end)
  end)
end)

describe("what user can do", function()
  teardown(nets.down_shared)

  it("is like raw: payload, size, DF, TOS, source, interface", function()
    nets.needs_privilege(pending)
    local l = nets.shared "chain 3"
    nets.inside(l, function(e)
      for _, protocol in ipairs(PROTOCOLS) do
        for v = 4, 6, 2 do
          local opts = { protocol = protocol, tos = 64, source = l["src" .. v],
            dont_fragment = true }
          if protocol ~= "tcp" then opts.payload, opts.size = "payload", 900 end
          local result = assert(e:trace(l["dst" .. v], opts))
          assert.same({ "completed", 3 }, { result.stop_reason, result.hop_count })
          assert.equal(protocol == "icmp" and "paris" or "classic", result.multipath)
          assert.equal(opts.size, result.size)
        end
      end
    end, USER)
  end)

  it("is larger than the link, in fragments, unless that is forbidden", function()
    nets.needs_privilege(pending)
    local l = nets.shared "chain 3"
    nets.inside(l, function(e)
      for _, protocol in ipairs { "icmp", "udp" } do
        for _, dst in ipairs { l.dst4, l.dst6 } do
          local opts = { protocol = protocol, size = 3000 }
          assert.equal("completed", e:trace(dst, opts).stop_reason)
          opts.dont_fragment = true
          local result = e:trace(dst, opts)
          assert.same({ "error", "EMSGSIZE" }, { result.stop_reason, result.hops[1].error })
        end
      end
    end, USER)
  end)
end)
