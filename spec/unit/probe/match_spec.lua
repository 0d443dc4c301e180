-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/match.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"
local random = require "spec.support.harness.random"

local C = core.load{ "core/probe/match.h", "core/wire/checksum.h" }

local V4, V6, ROUTER = "203.0.113.9", "2001:db8:9::9", "10.0.0.1"
local PUBLIC, PUBLIC6, ELSEWHERE = "198.51.100.1", "2001:db8:ff::1", "10.99.0.9"

local function swap(v) return v % 256 * 256 + math.floor(v / 256) end

-- The checksum after a translator has changed our source address and port, or only some words.
local function translated(check, p, sport)
  local before, after = p.src, path.bytes(p.family == 4 and PUBLIC or PUBLIC6)
  for i = 1, 15, 2 do
    check = C.checksum_update(check, before:byte(i) * 256 + before:byte(i + 1),
      after:byte(i) * 256 + after:byte(i + 1))
  end
  return C.checksum_update(check, p.sport, sport or p.sport)
end

describe("match", function()
  local d

  -- Sends a window of probes and has the fourth answered by time exceeded, with the fields that
  -- change(probe) gives. Returns the reply's event, or nil if it was taken for nobody's.
  local function hit(o, change, engine)
    local config = { network = path.new{ dst = o.dst or V4, dest = false } }
    for k, v in pairs(engine or {}) do config[k] = v end
    d = drive.new(config)
    d:start(o)
    d:step()
    local p = d.sent[4]
    local fields = change(p)
    fields.from = fields.from or (p.family == 4 and ROUTER or "2001:db8:a::1")
    d:deliver(5, path.reply(p, fields))
    d:run(10)
    local list = d:of("REPLY")
    assert.is_true(#list <= 1)
    assert.equal(1 - #list, d:count("unmatched"))
    assert.equal(list[1] and list[1].set.NAT and 1 or 0, d:count("nat"))
    if list[1] then
      assert.equal(p.handle, list[1].probe)
      assert.is_true(list[1].set.ANSWER)
    end
    return list[1]
  end

  after_each(function() d:close() end)

  local UDP, ICMP, TCP = { protocol = "udp" }, { protocol = "icmp" }, { protocol = "tcp" }
  local DUBLIN = { protocol = "udp", multipath = "dublin" }
  local UDP6 = { protocol = "udp", dst = V6 }
  local ICMP6, TCP6 = { protocol = "icmp", dst = V6 }, { protocol = "tcp", dst = V6 }

  -- What was done to the quote, and whether it is ours: "yes", "nat" (ours, and flagged) or "no".
  for _, case in ipairs{
    { "left as it was", UDP, function() return {} end, "yes" },
    { "left as it was", ICMP, function() return {} end, "yes" },
    { "left as it was", TCP, function() return {} end, "yes" },
    { "left as it was", DUBLIN, function() return {} end, "yes" },
    { "left as it was", UDP6, function() return {} end, "yes" },
    { "left as it was", ICMP6, function() return {} end, "yes" },
    { "left as it was", TCP6, function() return {} end, "yes" },
    { "with its identification zeroed", UDP, function() return { ip_id = 0 } end, "yes" },
    { "with its identification zeroed", ICMP, function() return { ip_id = 0 } end, "yes" },
    { "with another identification", TCP, function(p) return { ip_id = p.ip_id + 1 } end, "yes" },
    { "with its identification swapped", TCP, function(p)
      return { ip_id = swap(p.ip_id) }
    end, "yes" },

    { "from a translated source", UDP, function(p)
      return { quoted_src = PUBLIC, id = translated(p.id, p) }
    end, "nat" },
    { "from a translated source, identification zeroed", UDP, function(p)
      return { quoted_src = PUBLIC, id = translated(p.id, p), ip_id = 0 }
    end, "nat" },
    { "from a translated source and port", UDP, function(p)
      return { quoted_src = PUBLIC, sport = 61001, id = translated(p.id, p, 61001) }
    end, "nat" },
    { "from a translated source", ICMP, function() return { quoted_src = PUBLIC } end, "nat" },
    { "from a translated source", TCP, function() return { quoted_src = PUBLIC } end, "nat" },
    { "from a translated source and port", TCP, function()
      return { quoted_src = PUBLIC, sport = 61001 }
    end, "nat" },
    { "from a translated source, identifier and all", ICMP, function(p)
      return { quoted_src = PUBLIC, sport = 61001,
        checksum = C.checksum_update(p.checksum, p.sport, 61001) }
    end, "nat" },
    { "from a translated source, identifier and all, identification zeroed", ICMP, function(p)
      return { quoted_src = PUBLIC, sport = 61001, ip_id = 0,
        checksum = C.checksum_update(p.checksum, p.sport, 61001) }
    end, "nat" },
    { "to a rewritten destination", TCP, function() return { quoted_dst = ELSEWHERE } end, "nat" },
    { "to a rewritten destination", ICMP, function() return { quoted_dst = ELSEWHERE } end, "nat" },
    { "to a rewritten destination, checksum too", UDP, function(p)
      return { quoted_dst = ELSEWHERE, id = (p.id + 0x2345) % 0x10000 }
    end, "nat" },
    { "to a rewritten destination, checksum too", DUBLIN, function()
      return { quoted_dst = ELSEWHERE }
    end, "nat" },
    { "to a rewritten port", UDP, function() return { dport = 9999 } end, "nat" },
    { "with a checksum of zero", UDP, function() return { id = 0 } end, "nat" },
    { "with any checksum, identification swapped", UDP, function(p)
      return { id = 0xfff0, ip_id = swap(p.ip_id) }
    end, "nat" },
    { "with its identification swapped", DUBLIN, function(p)
      return { ip_id = swap(p.ip_id) }
    end, "nat" },

    { "of its IP header alone", UDP, function(p)
      return { flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED, id = 0, sport = 0, dport = 0,
        ip_id = p.ip_id }
    end, "yes" },
    { "of its IP header and ports", TCP, function(p)
      return { flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED, id = 0, tcp_low = 0, ip_id = p.ip_id }
    end, "yes" },
    { "of its IP header alone", ICMP, function(p)
      return { flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED, id = 0, sport = 0, checksum = 0,
        ip_id = p.ip_id }
    end, "yes" },
    { "of its IP header alone", UDP6, function()
      return { flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED, id = 0, sport = 0, dport = 0 }
    end, "no" },

    { "from a translated source and port", UDP6, function(p)
      return { quoted_src = PUBLIC6, sport = 61001, id = translated(p.id, p, 61001) }
    end, "nat" },
    { "from a translated source and port, identification zeroed", UDP, function(p)
      return { quoted_src = PUBLIC, sport = 61001, ip_id = 0, id = translated(p.id, p, 61001) }
    end, "nat" },
    { "from a translated source and port, to another port", UDP6, function(p)
      return { quoted_src = PUBLIC6, sport = 61001, dport = 9999,
        id = translated(p.id, p, 61001) }
    end, "no" },
    { "from our source, but another port", UDP6, function(p)
      return { sport = 61001, id = C.checksum_update(p.id, p.sport, 61001) }
    end, "no" },

    { "of another program's ping", ICMP, function() return { sport = 4242, ip_id = 0 } end, "no" },
    { "of another program's datagram", UDP, function()
      return { sport = 4242, quoted_dst = ELSEWHERE }
    end, "no" },
    { "with a number that is not ours", TCP, function(p)
      return { tcp_low = (p.cookie + 1) % 0x8000, ip_id = 0 }
    end, "no" },
    { "with nothing left of ours", UDP, function()
      return { id = 0xfff0, ip_id = 0, quoted_dst = ELSEWHERE }
    end, "no" },
    { "of IPv6 with any checksum", UDP6, function() return { id = 0xfff0 } end, "no" },
  } do
    local name, o, change, want = unpack(case)
    it(("takes a %s %squote %s for ours: %s"):format(o.protocol .. (o.dst == V6 and "6" or ""),
      o.multipath and o.multipath .. " " or "", name, want), function()
      local reply = hit(o, change)
      assert.equal(want ~= "no", reply ~= nil)
      if reply then assert.equal(want == "nat", reply.set.NAT == true) end
    end)
  end

  it("finds a translated flow in whichever region it is", function()
    for region = 0, 3 do
      for _, o in ipairs{ { protocol = "udp" }, { protocol = "icmp" }, { protocol = "tcp" } } do
        o.region = region
        assert.is_not_nil(hit(o, function(p)
          local f = { quoted_src = PUBLIC, sport = 61001 + region }
          if o.protocol == "udp" then f.id = translated(p.id, p, f.sport) end
          if o.protocol == "icmp" then
            f.checksum = C.checksum_update(p.checksum, p.sport, f.sport)
          end
          return f
        end, { max_probes = 4 * 32768 }))
        d:close()
      end
    end
    hit(UDP, function() return {} end)
  end)

  it("takes an identification that fits two probes for neither", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false }, max_probes = 65536 }
    for region = 0, 1 do d:start{ protocol = "udp", region = region, max_ttl = 1 } end
    d:step()
    assert.equal(d.sent[1].id, d.sent[2].id)
    d:deliver(1, path.reply(d.sent[1], { from = ROUTER, id = 0, sport = 0, dport = 0,
      flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED }))
    d:run(5)
    assert.equal(1, d:count("unmatched"))
    assert.equal(0, #d:of("REPLY"))
  end)

  it("tells two connections of one identity apart by the rest of their numbers", function()
    d = drive.over({ max_probes = 65536 }, { dst = V4, dest = false })
    for region = 0, 1 do d:start{ protocol = "tcp", region = region, max_ttl = 1 } end
    d:step()
    assert.equal(d.sent[1].id, d.sent[2].id)
    d:deliver(1, path.reply(d.sent[2], { from = ROUTER, ip_id = 0, sport = 61001,
      quoted_src = PUBLIC }))
    d:run(5)
    assert.equal(0, d:count("unmatched"))
    assert.equal(d.sent[2].handle, d:of("REPLY")[1].probe)
  end)

  it("takes a checksum that fits two probes, their port rewritten, for neither", function()
    d = drive.new{ network = path.new{ dst = V6, dest = false } }
    local r = random(1)
    for _ = 1, 1000 do
      d:start{ protocol = "udp", dst = V6, flow = r(256) - 1, max_ttl = 1 }
    end
    for _ = 1, 2 do d:step() end
    -- Identities that are as far apart as the ports are: both explain the checksum.
    local of, two = {}, nil
    for _, p in ipairs(d.sent) do
      local other = of[p.id + p.sport]
      if other and other.sport ~= p.sport then two = { other, p } end
      of[p.id + p.sport] = p
    end
    for i, p in ipairs(assert(two, "no such pair")) do
      d:deliver(i, path.reply(p, { from = "2001:db8:a::1", quoted_src = PUBLIC6,
        sport = 61001, id = translated(p.id, p, 61001) }))
    end
    d:run(10)
    assert.same({ 0, 2 }, { #d:of("REPLY"), d:count("unmatched") })
  end)

  it("takes an identification one too high for its probe's, whatever was sent next", function()
    local short = C.WIRE_QUOTE + C.WIRE_TRUNCATED
    for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
      d = drive.new{ network = path.new{ dst = V4, dest = false } }
      d:start{ protocol = protocol, window = 30 }
      d:step()
      assert.equal(5, #d.sent)                    -- gap_limit
      for i, p in ipairs(d.sent) do
        d:deliver(i, path.reply(p, { from = ROUTER, id = 0, sport = 0, dport = 0, checksum = 0,
          flags = short, ip_id = p.ip_id + 1 }))
      end
      d:run(10)
      local list = d:of("REPLY")
      for i, p in ipairs(d.sent) do
        if i > 5 then break end
        assert.equal(p.handle, list[i].probe)
      end
      if protocol ~= "tcp" then d:close() end
    end
  end)

  it("takes an identification that is one probe's, and another's swapped, for neither",
    function()
      d = drive.new{ network = path.new{ dst = V4, dest = false } }
      local of = {}
      for flow = 0, 15 do
        for _ = 1, 32 do d:start{ protocol = "udp", flow = flow, window = 32, gap_limit = 0 } end
      end
      d:run(20)
      for _, p in ipairs(d.sent) do of[p.ip_id] = p end
      local n = 0
      for id, p in pairs(of) do
        if of[swap(id)] and swap(id) ~= id then
          n = n + 1
          d:deliver(20 + n, path.reply(p, { from = ROUTER, id = 0, sport = 0, dport = 0,
            flags = C.WIRE_QUOTE + C.WIRE_TRUNCATED }))
        end
      end
      assert(n > 0, "no such pair")
      d:run(30 + n)
      assert.same({ 0, n }, { #d:of("REPLY"), d:count("unmatched") })
    end)

  it("tells dublin and paris probes to one port apart, whatever their checksums", function()
    d = drive.new{ network = path.new{ dst = V4, dest = false } }
    local paris = d:start{ protocol = "udp", max_ttl = 1 }
    local dublin = d:start{ protocol = "udp", multipath = "dublin", max_ttl = 1 }
    d:step()
    d:deliver(1, path.reply(d.sent[2], { from = ROUTER, id = d.sent[1].id }))
    d:run(5)
    assert.equal(0, #d:of("REPLY", paris))
    assert.equal(1, #d:of("REPLY", dublin))
    assert.is_nil(d:of("REPLY", dublin)[1].set.NAT)
  end)

  -- Direct answers quote nothing: they have to come to our port or identifier.
  for _, case in ipairs{
    { "an echo reply from anywhere", ICMP, { kind = "ECHO_REPLY", from = ELSEWHERE }, true },
    { "an echo reply to another identifier", ICMP, { kind = "ECHO_REPLY", sport = 6999 }, false },
    { "a SYN/ACK from anywhere, to our port", TCP, { kind = "TCP_REPLY", from = ELSEWHERE }, true },
    { "a SYN/ACK from another port", TCP, { kind = "TCP_REPLY", dport = 81 }, false },
    { "a SYN/ACK of another connection", TCP, { kind = "TCP_REPLY", tcp_low = 0xffff }, false },
  } do
    local name, o, fields, want = unpack(case)
    it(("takes %s for ours: %s"):format(name, want and "yes" or "no"), function()
      assert.equal(want, hit(o, function() return fields end) ~= nil)
    end)
  end

  -- It is an answer to an earlier probe that had the same place.
  for protocol, kind in pairs { icmp = "ECHO_REPLY", udp = "TIME_EXCEEDED", tcp = "TCP_REPLY" } do
    for how, by_handle in pairs { ["its numbers"] = false, ["its handle"] = true } do
      it(("takes no answer to a probe that has not left yet: %s, by %s"):format(protocol, how),
        function()
          d = drive.new{ network = { dst = V4, probe = function(_, p)
            C.receive_reply(d.core, path.reply(p, { kind = kind, from = V4,
              handle = by_handle and p.handle or nil }), d.now)
          end } }
          d:start{ protocol = protocol, max_ttl = 1, attempts = 1 }
          d:run()
          assert.same({ 1, 0, 1, 1 }, { d:count("probes_sent"), d:count("replies"),
            d:count("timeouts"), d:count("unmatched") })
        end)
    end
  end

  it("takes a SYN/ACK that acknowledges some payload for ours", function()
    assert.is_not_nil(hit({ protocol = "tcp", payload = ("x"):rep(600) }, function(p)
      return { kind = "TCP_REPLY", tcp_low = p.cookie + 600, from = V4 }
    end))
  end)
end)
