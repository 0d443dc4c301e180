-- SPDX-License-Identifier: MIT
--
-- The JSON of RIPE Atlas: the members of a result, the order of the packets of a hop, and what is
-- told of odd ones.
local cjson = require "cjson"
local kept = require "mtr.record.kept"
local mtr = require "mtr"
local report = require "mtr.report"
local run = require "spec.support.harness.run"
local simulated = require "spec.support.virtual.simulated"

-- What the reporter writes of some results, decoded, and as text.
local function write(results, opts)
  local said, text = {}, {}
  local reporter = report.atlas(function(line)
    said[#said + 1], text[#text + 1] = cjson.decode(line), line
    return true
  end, opts)
  reporter:start({})
  for _, result in ipairs(results) do assert.truthy(reporter:trace(result)) end
  reporter:finish()
  return said, table.concat(text)
end

local function reply(changes)
  local r = { addr = "192.0.2.1", rtt = 1.5, attempt = 1, at = 0, protocol = "icmp", icmp_type = 11,
    icmp_code = 0, reply_ttl = 250, reply_size = 56, quoted = { ttl = 1, tos = 0, size = 60 } }
  for name, value in pairs(changes or {}) do r[name] = value end
  return r
end

-- The packets of a hop with these replies.
local function packets(replies, unanswered, protocol, failed)
  local hop = setmetatable({ ttl = 1, replies = replies, unanswered = unanswered, failed = failed },
    kept.hop)
  local found = write { { type = "trace", dst = "203.0.113.9", target = "web", protocol =
    protocol or "icmp", multipath = "paris", flow = 3, start = 1, duration = 2, hops = { hop } } }
  return found[1].result[1] and found[1].result[1].result
end

describe("the atlas reporter", function()
  teardown(run.clean)

  it("writes the members of a result in the order of the probes' own", function()
    local result = simulated.trace(simulated.chain(1), nil, { tos = 8, flow = 5 },
      { seed = 1 })
    local found, text = write({ result }, { prb_id = 7, msm_id = 9, group_id = 8, from = "::1" })
    local one = found[1]
    local members = one.result
    one.result = nil
    assert.same({
      fw = 5080, lts = -1, type = "traceroute", msm_id = 9, prb_id = 7, group_id = 8,
      msm_name = "Traceroute", from = "::1", dst_name = "203.0.113.9", dst_addr = "203.0.113.9",
      src_addr = "192.0.2.1", proto = "ICMP", af = 4, size = 32, paris_id = 5, tos = 8,
      timestamp = math.floor(result.start),
      endtime = math.floor(result.start + result.duration / 1000),
    }, one)
    assert.same({
      { hop = 1, result = { { from = "10.0.0.1", ttl = 255, size = 60, rtt = 2, itos = 8 } } },
      { hop = 2, result = { { from = "203.0.113.9", ttl = 63, size = 32, rtt = 4, tos = 0 } } },
    }, members)
    assert.truthy(text:find('^{"fw":5080,"lts":%-1,"endtime":.-"dst_name":.-"dst_addr":.-"src_addr"'
      .. ':.-"proto":.-"af":4,'))
    local path = run.file("atlas.json", text)
    assert.equal("traceroute\n", run.run("jq -r .type " .. path).out)
  end)

  it("says what stands for the platform's members", function()
    local result = simulated.trace(simulated.chain(1), simulated.V6, { protocol = "tcp" })
    local one = write({ result })[1]
    assert.same({ 0, 0, "2001:db8::1", "TCP", 6, 4, 0 },
      { one.prb_id, one.msm_id, one.from, one.proto, one.af, one.size, one.paris_id })
    local last = one.result[2].result[1]
    assert.same({ "RA", 0 }, { last.flags, last.size })
  end)

  it("writes the packets of a hop in the order of sending", function()
    assert.same({ { x = "*" }, { from = "192.0.2.1", ttl = 250, size = 28, rtt = 1.5 },
      { x = "*" } }, packets({ reply { attempt = 2 } }, 2))
    assert.same({ { x = "*" }, { x = "*" } }, packets({}, 2))
    assert.is_nil(packets({}))
  end)

  it("writes a duplicate behind its packet, and a late reply at the end without a time", function()
    local list = packets({ reply { attempt = 2, late = true, rtt = 3000 }, reply(),
      reply { dup = true, rtt = 2 }, reply { attempt = 3 } }, 2)
    assert.equal(6, #list)
    assert.same({ 1.5, nil }, { list[1].rtt, list[1].dup })
    assert.same({ 2, true }, { list[2].rtt, list[2].dup })
    assert.same({ { x = "*" }, { from = "192.0.2.1", ttl = 250, size = 28, rtt = 1.5 },
      { x = "*" } }, { list[3], list[4], list[5] })
    assert.same({ from = "192.0.2.1", ttl = 250, size = 28, late = 2 }, list[6])
  end)

  for name, case in pairs {
    ["no way to the network"] = { { icmp_type = 3, icmp_code = 0 }, "N" },
    ["no way to the host"] = { { icmp_type = 3, icmp_code = 1 }, "H" },
    ["an unknown protocol"] = { { icmp_type = 3, icmp_code = 2 }, "P" },
    ["a filter"] = { { icmp_type = 3, icmp_code = 13 }, "A" },
    ["another code by its number"] = { { icmp_type = 3, icmp_code = 9 }, 9 },
    ["no way in IPv6"] = { { addr = "2001:db8::1", icmp_type = 1, icmp_code = 0 }, "N" },
    ["a filter in IPv6"] = { { addr = "2001:db8::1", icmp_type = 1, icmp_code = 1 }, "A" },
    ["a scope of IPv6"] = { { addr = "2001:db8::1", icmp_type = 1, icmp_code = 2 }, "h" },
    ["an address of IPv6"] = { { addr = "2001:db8::1", icmp_type = 1, icmp_code = 3 }, "H" },
  } do
    it("tells of " .. name, function()
      assert.equal(case[2], packets({ reply(case[1]) })[1].err)
    end)
  end

  it("marks a closed port only for TCP", function()
    for protocol, want in pairs { udp = false, icmp = false, tcp = "p" } do
      local closed = packets({ reply { icmp_type = 3, icmp_code = 3 } }, nil, protocol)[1]
      assert.equal(want, closed.err or false)
    end
  end)

  it("tells the TOS of a reply, and the quoted one, if they or the probe's are not 0", function()
    local direct = reply { tos = 32, icmp_type = 0, quoted = false }
    assert.equal(32, packets({ direct })[1].tos)
    direct.tos = 0
    assert.is_nil(packets({ direct })[1].tos)
    assert.is_nil(packets({ reply { tos = 192 } })[1].tos)
  end)

  it("tells of an MTU, of a changed quote, of TCP options and of labels", function()
    local big = packets({ reply { icmp_type = 3, icmp_code = 4, too_big = true, mtu = 1280 } })[1]
    assert.same({ 1280, nil }, { big.mtu, big.err })
    local quoted = packets({ reply { quoted = { ttl = 4, tos = 32, size = 60 } } })[1]
    assert.same({ 4, 32 }, { quoted.ittl, quoted.itos })
    local tcp = packets({ reply { protocol = "tcp", tcp_flags = 0x12, mss = 1460, reply_size = 44,
      icmp_type = false, quoted = false } }, nil, "tcp")[1]
    assert.same({ "SA", { { mss = 1460 } }, 4 }, { tcp.flags, tcp.hdropts, tcp.size })
    local labelled = packets({ reply { ext = { { class = 1, type = 1, mpls = {
      { label = 16001, tc = 2, s = 1, ttl = 3 } } }, { class = 2, type = 4, hex = "00" } } } })[1]
    assert.same({ version = 2, rfc4884 = 1, obj = {
      { class = 1, type = 1, mpls = { { label = 16001, exp = 2, s = 1, ttl = 3 } } },
      { class = 2, type = 4 } } }, labelled.icmpext)
  end)

  it("tells why a hop could not be probed", function()
    local hop = setmetatable({ ttl = 2, replies = {}, failed = 2, error = "EPERM" }, kept.hop)
    local found = write { { type = "trace", dst = "203.0.113.9", target = "web", protocol = "icmp",
      multipath = "classic", flow = 0, start = 1, hops = { { ttl = 1, skipped = true }, hop } } }
    assert.same({ { hop = 2, error = "sendto failed: EPERM" } }, found[1].result)
    assert.is_nil(found[1].paris_id)                  -- a trace without paris has no number
  end)

  it("writes whole lines of a campaign, of zero hops too", function()
    local path = run.dir() .. "/campaign.json"
    simulated.with(simulated.chain(3, { r2 = { silent = true } }), function(engine)
      assert(mtr.campaign({ engine = engine, reporters = { report.atlas(path) },
        trace = { queries = 3, timeout = 300, on_probe = function(t)
          if t.dst == simulated.V6 then return "stop" end
        end }, targets = { simulated.V4, simulated.V6 } }):run())
    end)
    local of = {}
    for line in io.lines(path) do
      local one = cjson.decode(line)
      of[one.dst_addr] = one
    end
    assert.same({}, of[simulated.V6].result)
    local list = of[simulated.V4].result
    assert.same({ 4, 3, 6 }, { #list, #list[1].result, #list[2].result })
    for _, packet in ipairs(list[2].result) do assert.same({ x = "*" }, packet) end
  end)

  it("writes a ping when it has ended", function()
    local of = { target = "web", dst = "192.0.2.9" }
    local function line(result) return setmetatable(result, { __index = of }) end
    local found = write {
      line { type = "ping_start", size = 84, start = 7.5, src = "192.0.2.1", interval = "500ms" },
      line { type = "ping", seq = 1, addr = "192.0.2.9", rtt = 1.5, ttl = 60, size = 84 },
      line { type = "ping", seq = 1, addr = "192.0.2.9", rtt = 2.5, ttl = 60, size = 84,
        dup = true },
      line { type = "ping", seq = 2, error = "no answer" },
      line { type = "ping", seq = 3, error = "EPERM" },
      line { type = "ping", seq = 4, addr = "192.0.2.7", rtt = 3, ttl = 61, error = "!N" },
      line { type = "ping", seq = 4, addr = "192.0.2.9", rtt = 2, ttl = 59, size = 80 },
      line { type = "ping_summary", sent = 4, received = 2, unanswered = 50, min = 1.5, avg = 1.75,
        max = 2 },
    }
    assert.same({ {
      fw = 5080, lts = -1, type = "ping", msm_name = "Ping", msm_id = 0, prb_id = 0,
      from = "192.0.2.1", dst_name = "web", dst_addr = "192.0.2.9", src_addr = "192.0.2.1",
      proto = "ICMP", af = 4, ttl = 60, size = 56, timestamp = 7, sent = 4, rcvd = 2, dup = 1,
      min = 1.5, avg = 1.75, max = 2, step = 0.5,
      result = { { rtt = 1.5 }, { rtt = 2.5, dup = 1 }, { x = "*" },
        { error = "sendto failed: EPERM" }, { rtt = 2, ttl = 59, size = 52 } },
    } }, found)
  end)
end)
