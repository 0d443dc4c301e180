-- SPDX-License-Identifier: MIT
--
-- What a result becomes in warts, value by value; and what comes back as a result.
local kept = require "mtr.record.kept"
local Result = require "mtr.record.result"
local read = require "mtr.report.warts.read"
local warts_result = require "mtr.report.warts.result"
local trace = require "mtr.report.warts.trace"
local write = require "mtr.report.warts.write"

local IDS = { list = 3, cycle = 4 }
local FILE = { lists = {}, cycles = {} }

local function reply(fields)
  local r = { addr = "192.0.2.7", rtt = 1.5, attempt = 1, flow = 0, at = 10, protocol = "icmp",
    icmp_type = 11, icmp_code = 0, reply_ttl = 60, reply_size = 56, tstamp = "kernel" }
  for key, value in pairs(fields or {}) do r[key] = value or nil end
  return setmetatable(r, kept.reply)
end

local function result(fields, hops)
  local list = {}
  for ttl, replies in ipairs(hops or { { reply() } }) do
    list[ttl] = setmetatable({ ttl = ttl, replies = replies,
      addr = replies[1] and replies[1].addr }, kept.hop)
  end
  local r = { type = "trace", version = "1", protocol = "udp", multipath = "paris",
    src = "192.0.2.1", dst = "192.0.2.9", target = "192.0.2.9", sport = 4000, dport = 33434,
    flow = 0, size = 60, start = 1767225600.25, duration = 9, stop_reason = "completed",
    stop_data = 0, first_ttl = 1, hop_count = #list, probe_count = 5, hops = list,
    timeout = 1500, attempts = 2, queries = 1, gap_limit = 5, loop_limit = 1, max_ttl = 30,
    window = 8, tos = 4 }
  for key, value in pairs(fields or {}) do r[key] = value or nil end
  return Result.of(r)
end

-- The record, after it went through its bytes.
local function record(...)
  local bytes = assert(write.record(trace.record(result(...), IDS)))
  return assert(read.record(6, bytes:sub(9), {}))
end

describe("a result as warts", function()
  it("has its parameters", function()
    local r = record()
    r.hops, r.parts = nil, nil
    assert.same({ record = "trace", list = 3, cycle = 4, start = 1767225600250000,
      stop_reason = 1, stop_data = 0, attempts = 2, hop_limit = 30, type = 5, probe_size = 60,
      sport = 4000, dport = 33434, first_hop = 1, tos = 4, timeout = 2, loops = 1, hop_count = 1,
      gap_limit = 5, gap_action = 1, loop_action = 0, probes = 5, wait = 0, confidence = 0,
      src = "\1\192\0\2\1", dst = "\1\192\0\2\9", window = 8 }, r)
  end)

  it("has a hop record for each reply, by TTL and attempt", function()
    local hops = record({}, { { reply { attempt = 3 }, reply { attempt = 1, dup = true },
      reply { attempt = 1 } }, {}, { reply { addr = "2001:db8::7", icmp_type = 3 } } }).hops
    local got = {}
    for i, hop in ipairs(hops) do got[i] = { hop.ttl, hop.probe_id } end
    assert.same({ { 1, 0 }, { 1, 0 }, { 1, 2 }, { 3, 0 } }, got)
    assert.same({ ttl = 1, reply_ttl = 60, flags = 17, probe_id = 0, rtt = 1500,
      icmp = { 11, 0 }, probe_size = 60, reply_size = 56, addr = "\1\192\0\2\7",
      sent = 1767225600260000 }, hops[1])
  end)

  for words, case in pairs {
    ["protocol = icmp"] = { { protocol = "icmp" }, "type", 4 },
    ["classic icmp"] = { { protocol = "icmp", multipath = "classic" }, "type", 1 },
    ["classic udp"] = { { multipath = "classic" }, "type", 2 },
    ["dublin"] = { { multipath = "dublin" }, "type", 2 },
    ["tcp"] = { { protocol = "tcp" }, "type", 3 },
    ["tcp ack"] = { { protocol = "tcp", tcp_flags = "ack" }, "type", 6 },
    ["no port of icmp"] = { { protocol = "icmp" }, "dport", nil },
    ["the checksum of icmp"] = { { protocol = "icmp", icmp_sum = 0xbeef }, "dport", 0xbeef },
    ["its flag"] = { { protocol = "icmp", icmp_sum = 0xbeef }, "flags", 32 },
    ["all attempts"] = { { queries = 3, attempts = 1 }, "flags", 1 },
    ["tries of all answers"] = { { queries = 3, attempts = 2 }, "attempts", 6 },
    ["more probes than fit"] = { { probe_count = 70000 }, "probes", 65535 },
    ["more time than fits"] = { { timeout = 3.6e6 }, "timeout", 255 },
    ["a window of one"] = { { window = 1 }, "window", nil },
    ["a number as data"] = { { data = 77 }, "user", 77 },
    ["other data"] = { { data = "77" }, "user", nil },
    ["gaplimit"] = { { stop_reason = "gaplimit" }, "stop_reason", 5 },
    ["halted"] = { { stop_reason = "halted" }, "stop_reason", 9 },
    ["gss"] = { { stop_reason = "gss" }, "stop_reason", 8 },
    ["lss"] = { { stop_reason = "lss" }, "stop_reason", 1 },
    ["what is not known"] = { { timeout = false, attempts = false, max_ttl = false }, "timeout",
      nil },
  } do
    it("has " .. words, function() assert.equal(case[3], record(case[1])[case[2]]) end)
  end

  for words, case in pairs {
    ["leaves out a quote as it was sent, but for the TOS"] = {
      { quoted = { ttl = 1, tos = 0, size = 60 } }, { quoted_tos = 0 } },
    ["has a quote that differs"] = { { quoted = { ttl = 2, tos = 3, size = 58 } },
      { quoted_ttl = 2, quoted_tos = 3, quoted_size = 58 } },
    ["has no quote of a redirect"] = { { icmp_type = 5, quoted = { ttl = 2, tos = 3, size = 58 } },
      { icmp = { 5, 0 } } },
    ["has the MTU of a packet too big"] = { { icmp_type = 3, icmp_code = 4, too_big = true,
      mtu = 1400 }, { icmp = { 3, 4 }, mtu = 1400 } },
    ["has the flags of a TCP reply"] = { { protocol = "tcp", icmp_type = false, tcp_flags = 18 },
      { flags = 49, tcp_flags = 18 } },
    ["marks a UDP reply"] = { { protocol = "udp", icmp_type = false, icmp_code = false },
      { flags = 81 } },
    ["marks a time of its own and no TTL"] = { { tstamp = "user", reply_ttl = false },
      { flags = 0 } },
    ["leaves out an unknown code"] = { { icmp_type = 3, icmp_code = false }, { flags = 17 } },
    ["knows the code of time exceeded"] = { { icmp_code = false }, { icmp = { 11, 0 } } },
    ["has the identification and TOS"] = { { ip_id = 7, tos = 192 },
      { ip_id = 7, reply_tos = 192 } },
    ["has labels"] = { { ext = { { class = 1, type = 1,
      mpls = { { label = 0x12345, tc = 5, s = 1, ttl = 9 } } } } },
      { ext = "\0\4\1\1\18\52\91\9" } },
  } do
    it("in a reply " .. words, function()
      local hop = record({}, { { reply(case[1]) } }).hops[1]
      for key, value in pairs(case[2]) do assert.same(value, hop[key]) end
      for _, key in ipairs { "quoted_ttl", "quoted_size", "quoted_tos", "mtu", "icmp", "ext",
        "tcp_flags" } do
        if case[2][key] == nil and not (key == "icmp" and hop.icmp and hop.icmp[1] == 11) then
          assert.equal(case[2][key], hop[key], key)
        end
      end
    end)
  end

  it("has where the stop sets of doubletree ended it", function()
    local r = record({ stop_reason = "gss",
      doubletree = { h = 2, forward = "gss", backward = "lss" } },
      { { reply { addr = "10.0.0.1" } }, { reply { addr = "10.0.0.2" } } })
    assert.equal(16, r.flags)
    assert.same({ { kind = 3, first = 2, lss = "\1\10\0\0\1", gss = "\1\10\0\0\2" } }, r.parts)
  end)

  it("has the path MTU with the messages that reported it", function()
    local big = reply { addr = "10.0.0.1", icmp_type = 3, icmp_code = 4, mtu = 1400, too_big = true,
      quoted = { ttl = 1, tos = 0, size = 1500 } }
    local r = record({ pmtu = { mtu = 1300, blackhole = true, limits = {
      { mtu = 1480, size = 1500 }, { addr = "10.0.0.1", mtu = 1400, size = 1500 } } } },
      { { reply(), big } })
    assert.same({ 2, 1 }, { r.flags, #r.hops })
    local part = r.parts[1]
    assert.same({ 1, 2, 1300, 1480 }, { part.kind, part.version, part.mtu, part.if_mtu })
    assert.same({ { type = 1, mtu = 1400, hop = 0 }, { type = 3, mtu = 1300 } }, part.note)
    assert.same({ 1, 1400, 1500 }, { #part.hops, part.hops[1].mtu, part.hops[1].probe_size })
  end)

  it("comes back as a result with the same fields", function()
    local given = result({ stop_reason = "unreach", stop_data = 1, window = 4, data = 9 }, {
      { reply { addr = "10.0.0.1", ext = { { class = 1, type = 1,
        mpls = { { label = 5, tc = 0, s = 1, ttl = 1 } } } } } }, {},
      { reply { icmp_type = 3, icmp_code = 1, unreach = true, ip_id = 5, tos = 0,
        quoted = { ttl = 1, tos = 0, size = 60 } } } })
    given.hops[1].rtt, given.hops[3].rtt, given.hops[1].addr_class = 1.5, 1.5, "private"
    given.hops[3].addr_class = "documentation"
    local bytes = write.record(trace.record(given, IDS))
    local back = warts_result.of(assert(read.record(6, bytes:sub(9), {})), FILE)
    for _, key in ipairs { "protocol", "multipath", "src", "dst", "sport", "dport", "size", "start",
      "stop_reason", "stop_data", "first_ttl", "hop_count", "probe_count", "attempts", "queries",
      "gap_limit", "max_ttl", "window", "tos", "data" } do
      assert.equal(given[key], back[key], key)
    end
    for ttl, hop in ipairs(given.hops) do
      for _, one in ipairs(hop.replies) do one.flow = nil end
      assert.same(hop, back.hops[ttl])
    end
  end)
end)
