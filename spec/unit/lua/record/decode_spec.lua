-- SPDX-License-Identifier: MIT
--
-- Replies as tables, read from event records; and the borrowed objects over the same records.
local addr = require "mtr.base.addr"
local hops = require "mtr.record.hop"
local kept = require "mtr.record.kept"
local lib = require "mtr.lib"
local probes = require "mtr.record.probe"
local decode = require "mtr.record.decode"
local replies = require "mtr.record.reply"

local C = lib.C

-- A time exceeded from 192.0.2.1, with changes.
local function event(changes)
  local e = lib.new "struct mtr_event"
  addr.parse("192.0.2.1", e.addr)
  for field, value in pairs {
    kind = C.MTR_EV_REPLY, family = 4, ttl = 7, attempt = 2, rtt = 1.25049, at = 40.5, flow = 3,
    protocol = C.MTR_ICMP, icmp_type = 11, icmp_code = 0, reply_ttl = 60, reply_size = 56,
    flags = C.MTR_REPLY_ANSWER + C.MTR_REPLY_PRIMARY,
  } do
    e[field] = value
  end
  for field, value in pairs(changes or {}) do e[field] = value end
  return e
end

local function read(changes) return decode.read(event(changes), nil) end

describe("a reply", function()
  it("has what every reply has, and nothing else", function()
    assert.same({
      ttl = 7, addr = "192.0.2.1", rtt = 1.25, attempt = 2, flow = 3, at = 40.5,
      protocol = "icmp", icmp_type = 11, icmp_code = 0, reply_ttl = 60, reply_size = 56,
      ip_id = 0, tos = 0, tstamp = "kernel",
    }, read())
  end)

  it("has the identification and TOS of its own header, where they are known", function()
    local reply = read { ip_id = 65535, tos = 0xb8 }
    assert.same({ 65535, 0xb8 }, { reply.ip_id, reply.tos })
    reply = read { family = 6, ip_id = 7, tos = 0xb8 }
    assert.same({ nil, 0xb8 }, { reply.ip_id, reply.tos })
    reply = read { reply_size = 0, ip_id = 7, tos = 0xb8 }
    assert.is_nil(reply.ip_id)
    assert.is_nil(reply.tos)
  end)

  it("over TCP has flags and MSS, no ICMP type", function()
    local reply = read { protocol = C.MTR_TCP, tcp_flags = 0x12, mtu = 1460 }
    assert.equal("tcp", reply.protocol)
    assert.equal(0x12, reply.tcp_flags)
    assert.equal(1460, reply.mss)
    assert.is_nil(reply.mtu)
    assert.is_nil(reply.icmp_type)
  end)

  it("over UDP has neither", function()
    local reply = read { protocol = C.MTR_UDP }
    assert.equal("udp", reply.protocol)
    assert.is_nil(reply.icmp_type)
    assert.is_nil(reply.tcp_flags)
  end)

  it("has what it quotes, if it quotes", function()
    local quote = { quoted_ttl = 1, quoted_tos = 8, quoted_size = 60 }
    assert.is_nil(read(quote).quoted)
    quote.flags = C.MTR_REPLY_QUOTE
    assert.same({ ttl = 1, tos = 8, size = 60 }, read(quote).quoted)
    quote.flags = C.MTR_REPLY_QUOTE + C.MTR_REPLY_NAT + C.MTR_REPLY_TRUNCATED
    assert.same({ ttl = 1, tos = 8, size = 60, nat = true, truncated = true }, read(quote).quoted)
    quote.flags, quote.stop = C.MTR_REPLY_QUOTE, 3 + C.MTR_QUOTE_SRC + C.MTR_QUOTE_IP_ID
    assert.same({ ttl = 1, tos = 8, size = 60, tier = 4, changed = { "src", "ip_id" } },
      read(quote).quoted)
    quote.stop = 1 + C.MTR_QUOTE_DST + C.MTR_QUOTE_SPORT + C.MTR_QUOTE_DPORT + C.MTR_QUOTE_ID
    assert.same({ 2, { "dst", "sport", "dport", "id" } },
      { read(quote).quoted.tier, read(quote).quoted.changed })
  end)

  for name, flag in pairs {
    dup = C.MTR_REPLY_DUP, late = C.MTR_REPLY_LATE, final = C.MTR_REPLY_FINAL,
    unreach = C.MTR_REPLY_UNREACH, too_big = C.MTR_REPLY_TOO_BIG,
    other_addr = C.MTR_REPLY_OTHER_ADDR, local_ = C.MTR_REPLY_LOCAL,
    te_from_dst = C.MTR_REPLY_TE_FROM_DST, ext_malformed = C.MTR_REPLY_EXT_BAD,
  } do
    it("is " .. name .. " when it is flagged so", function()
      assert.is_nil(read()[name])
      assert.is_true(read({ flags = flag })[name])
    end)
  end

  it("is ignored when it is no answer and nothing else says why", function()
    assert.is_nil(read().ignored)
    assert.is_true(read({ flags = 0, icmp_type = 12 }).ignored)
    for _, flag in ipairs { C.MTR_REPLY_DUP, C.MTR_REPLY_LATE, C.MTR_REPLY_TOO_BIG } do
      assert.is_nil(read({ flags = flag }).ignored)
    end
  end)

  it("says whose clock was used", function()
    assert.equal("user", read({ flags = C.MTR_REPLY_USER_TIME }).tstamp)
  end)

  it("has its extension objects", function()
    local objects = lib.new("uint8_t[16]", { 9, 9, 9, 9, 0, 8, 1, 1, 0, 0, 0x11, 5, 9, 9, 9, 9 })
    local reply = decode.read(event { ext = 1, ext_words = 2 }, objects)
    assert.same({ label = 1, tc = 0, s = 1, ttl = 5 }, reply.ext[1].mpls[1])
    assert.is_nil(reply.ext_malformed)
    reply = decode.read(event { ext = 1, ext_words = 3 }, objects)
    assert.equal(1, #reply.ext)
    assert.is_true(reply.ext_malformed)
    assert.equal(4 * 65537, decode.ext_offset(event { ext = 1, ext_high = 1 }))
  end)
end)

describe("a borrowed hop", function()
  it("is filled anew for each event", function()
    local hop = hops.new(nil)
    hops.fill(hop, event())
    assert.same({ 7, "192.0.2.1", 1.25, nil },
      { hop.ttl, hop.addr, hop.rtt, rawget(hop, "error") })
    assert.equal("documentation", hop.addr_class)
    hops.fill(hop, event { family = 0, ttl = 8, error = 1 })
    assert.equal(8, hop.ttl)
    assert.is_nil(hop.addr)
    assert.is_nil(hop.rtt)
    assert.is_nil(hop.addr_class)
    assert.equal("EPERM", hop.error)
    assert.same({}, hop.replies)
  end)

  it("gives a copy that stays", function()
    local hop = hops.new(nil)
    hops.fill(hop, event())
    local copy = hop:copy()
    hops.fill(hop, event { family = 0 })
    assert.same({
      ttl = 7, addr = "192.0.2.1", rtt = 1.25, addr_class = "documentation", replies = {},
    }, copy)
    assert.equal(kept.hop, getmetatable(copy))
  end)
end)

describe("a borrowed reply", function()
  it("has the common fields set", function()
    local reply = replies.new(nil)
    local batch = lib.new "struct mtr_event[2]"
    local flags = { "dup", "late", "final", "unreach", "too_big" }
    for _, set in ipairs(flags) do
      batch[0] = event { flags = C["MTR_REPLY_" .. set:upper()] }
      batch[1] = event { ttl = 8 }
      replies.fill(reply, batch, 0)
      assert.equal(7, reply.ttl)
      for _, flag in ipairs(flags) do assert.equal(flag == set, reply[flag], set .. flag) end
      replies.fill(reply, batch, 1)
      assert.equal(8, reply.ttl)
      for _, flag in ipairs(flags) do assert.equal(false, reply[flag], set .. flag) end
    end
  end)
end)

describe("a borrowed probe", function()
  it("gives a copy that stays", function()
    local probe = probes.new()
    probes.fill(probe, event { error = 105 })
    local copy = probe:copy()
    probes.fill(probe, event { ttl = 9 })
    assert.same({ ttl = 7, attempt = 2, flow = 3, at = 40.5, error = "ENOBUFS" }, copy)
    assert.equal(9, probe.ttl)
    assert.is_nil(probe.error)
  end)
end)
