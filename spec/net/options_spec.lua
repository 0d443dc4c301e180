-- SPDX-License-Identifier: MIT
--
-- What leaves on the wire: the next router sees every option that shapes a packet or chooses its
-- path; and which fields are constant within a flow, over TTLs and attempts, and which are not.

local capture = require "spec.support.real.capture"
local dissect = require "spec.support.packets.dissect"
local nets = require "spec.support.real.nets"
local packet = require "spec.support.packets.packet"

local PROTOCOLS = { "icmp", "udp", "tcp" }

-- A lab whose prober has a second way, over the interface "side" straight to r2, and a second
-- address. Its routes are worse than the first way's, and packets with the mark 66 take them.
local SIDE = [[set -e
ip link add side netns %s type veth peer name side netns %s
ip addr add 10.9.0.1/24 dev side; ip -6 addr add fd00:9::1/64 dev side nodad; ip link set side up
nsenter --net=%s sh -e <<'R2'
ip addr add 10.9.0.2/24 dev side; ip -6 addr add fd00:9::2/64 dev side nodad; ip link set side up
R2
ip addr add 10.0.1.9/24 dev r1; ip -6 addr add fd00:1::9/64 dev r1 nodad
for t in main 66; do
ip route add 10.0.0.0/8 via 10.9.0.2 dev side metric 900 table $t
ip -6 route add fd00::/8 via fd00:9::2 dev side metric 9000 table $t
done
ip rule add fwmark 66 table 66; ip -6 rule add fwmark 66 table 66]]

local l, ways

local function set_up()
  nets.needs_privilege(pending)
  if l then return end
  l = nets.up "chain 4"
  local p, r2 = l:path(), l:path "r2"
  nets.must(l, SIDE:format(p, r2, r2))
  nets.await_links(l, { p = "side", r2 = "side" })
  ways = { r1 = capture.open(l, "r1", "p"), side = capture.open(l, "r2", "side") }
end

-- Traces with these options; what each way saw, and the result.
local function sent(opts, v, engine_opts, dst)
  local seen, result = {}, nil
  nets.inside(l, function(e)
    for _, way in pairs(ways) do way:read() end
    local results = nets.traces(e, { { dst or l["dst" .. v], opts } })
    result = results[1]
    assert(result.hops, result.failed)
    local packets, bytes = 0, 0
    for name, way in pairs(ways) do
      seen[name] = way:probes()
      packets = packets + #seen[name]
      for _, p in ipairs(seen[name]) do bytes = bytes + #p.bytes end
    end
    local stats = e:stats()
    assert.same({ stats.probes_sent, stats.bytes_sent, result.probe_count },
      { packets, bytes, packets })
  end, engine_opts)
  for _, list in pairs(seen) do
    for _, p in ipairs(list) do
      assert.is_true(dissect.verifies(p), "checksums and lengths")
      assert.is_not.equal(0, p.ip_id)
    end
  end
  return seen, result
end

local function with(opts, protocol)
  local copy = { protocol = protocol, window = 30 }
  for key, value in pairs(opts) do copy[key] = value end
  return copy
end

---@class options.Case
---@field [1] string     name
---@field opts table     of the trace
---@field engine table?  of the engine
---@field wire table     fields of every probe (see dissect.lua); a string is a pattern
---@field only table?    protocols and versions
---@field way string?    where they all leave; default r1
---@field src table?     source address, by version

local SECOND = { [4] = "0a000109", [6] = "fd000001000000000000000000000009" }
local SIDEWAYS = { [4] = "0a090001", [6] = "fd000009000000000000000000000001" }

local CASES = {
  { "size", opts = { size = 200 }, wire = { size = 200 } },
  { "an odd size", opts = { size = 201 }, wire = { size = 201 } },
  { "the largest size of the link", opts = { size = 1500 }, wire = { size = 1500 } },
  { "payload", opts = { payload = "traceroute!" }, wire = { payload = "^traceroute!%z*..?%z*$" },
    only = { icmp = true, udp = true } },
  { "payload of TCP", opts = { payload = "odd" }, wire = { payload = "^odd$" },
    only = { tcp = true } },
  { "payload and size", opts = { payload = "x", size = 300 }, wire = { size = 300 } },
  { "tos", opts = { tos = 0xb8 }, wire = { tos = 0xb8 } },
  { "dont_fragment", opts = { dont_fragment = true }, wire = { fragment = 0x4000 },
    only = { [4] = true } },
  { "no dont_fragment", opts = {}, wire = { fragment = 0 }, only = { [4] = true } },
  { "flow_label", opts = { flow_label = 0x12345 }, wire = { flow_label = 0x12345 },
    only = { [6] = true } },
  { "flow_label 0", opts = { flow_label = 0 }, wire = { flow_label = 0 }, only = { [6] = true } },
  { "source_port", opts = { source_port = 4242 }, wire = { sport = 4242 },
    only = { udp = true, tcp = true } },
  { "port", opts = { port = 65535 }, wire = { dport = 65535 }, only = { udp = true, tcp = true } },
  { "tcp_flags syn", opts = { tcp_flags = "syn" }, wire = { flags = 0x02, ack = 0,
    options = "^\2\4" }, only = { tcp = true } },
  { "tcp_flags ack", opts = { tcp_flags = "ack" }, wire = { flags = 0x10, options = "^$" },
    only = { tcp = true } },
  { "first_ttl and max_ttl", opts = { first_ttl = 2, max_ttl = 2 }, wire = { ttl = 2 } },
  { "source", opts = { source = { [4] = "10.0.1.9", [6] = "fd00:1::9" } }, wire = {},
    src = SECOND },
  { "the engine's source", opts = {}, engine = { source4 = "10.0.1.9", source6 = "fd00:1::9" },
    wire = {}, src = SECOND },
  { "interface", opts = { interface = "side" }, wire = {}, way = "side",
    src = SIDEWAYS },
  { "the engine's interface", opts = {}, engine = { interface = "side" }, wire = {}, way = "side",
    src = SIDEWAYS },
  { "mark", opts = { mark = 66 }, wire = {}, way = "side", src = SIDEWAYS },
  { "the engine's mark", opts = {}, engine = { mark = 66 }, wire = {}, way = "side",
    src = SIDEWAYS },
  { "no mark or interface", opts = {}, wire = {}, way = "r1" },
}

local function applies(only, protocol, v)
  if not only then return true end
  local by_protocol = only.icmp or only.udp or only.tcp
  return (not by_protocol or only[protocol]) and (not (only[4] or only[6]) or only[v])
end

local function check(case, p, v)
  for key, want in pairs(case.wire) do
    if type(want) == "string" then assert.matches(want, p[key])
    else assert.equal(want, p[key], key) end
  end
  if case.src then assert.equal(case.src[v], packet.dump(p.src)) end
end

describe("on the wire", function()
  teardown(function()
    for _, way in pairs(ways or {}) do way:close() end
    nets.down()
  end)

  for _, case in ipairs(CASES) do
    it(case[1] .. " is obeyed", function()
      set_up()
      for _, protocol in ipairs(PROTOCOLS) do
        for v = 4, 6, 2 do
          if applies(case.only, protocol, v) then
            local opts = with(case.opts, protocol)
            local way = case.way or "r1"
            if type(opts.source) == "table" then opts.source = opts.source[v] end
            if way == "side" then opts.max_ttl = 1 end -- only r2 knows a way back
            local seen = sent(opts, v, case.engine)
            assert.is_true(#seen[way] > 0, protocol .. v)
            assert.equal(0, #seen[way == "r1" and "side" or "r1"], protocol .. v)
            for _, p in ipairs(seen[way]) do check(case, p, v) end
          end
        end
      end
    end)
  end

  it("a group is probed if that is allowed", function()
    set_up()
    for dst, v in pairs { ["10.0.1.255"] = 4, ["224.0.0.5"] = 4, ["ff02::5"] = 6 } do
      local seen = sent({ allow_broadcast = true, interface = "r1", max_ttl = 1, timeout = 50 }, v,
        nil, dst)
      assert.equal(2, #seen.r1)
    end
  end)

  it("mtrlua's --mark picks the way, though its privileges are gone by then", function()
    set_up()
    local script = [[$MTR_PROGRAM --mark 66 -e 'local r = assert(require "mtr".trace("%s",
      { max_ttl = 1 })) print(r.src, r.hops[1].addr)']]
    for v, want in pairs { [4] = "10.9.0.1\t10.9.0.2\n", [6] = "fd00:9::1\tfd00:9::2\n" } do
      assert.same({ want, 0 }, { l:exec(script:format(l["dst" .. v])) })
    end
  end)

  -- Fields by what they do within one trace; queries = 3, so the same TTL comes several times.
  local FLOWS = {
    { "icmp", "paris", same = { "checksum", "echo_id", "size" }, other = { "seq" } },
    { "icmp", "classic", same = { "echo_id", "size" }, other = { "checksum", "seq" } },
    { "udp", "paris", same = { "sport", "dport", "size" }, other = { "checksum" } },
    { "udp", "classic", same = { "sport", "size" }, other = { "dport" } },
    { "udp", "dublin", same = { "sport", "dport" }, other = { [4] = "ip_id", [6] = "checksum" } },
    { "tcp", "paris", same = { "sport", "dport", "size", "flags" }, other = { "seq" } },
    { "tcp", "classic", same = { "dport", "size" }, other = { "sport", "seq" } },
  }

  local function values(list, key)
    local set, n = {}, 0
    for _, p in ipairs(list) do
      if not set[p[key]] then set[p[key]], n = true, n + 1 end
    end
    return n
  end

  for _, flow in ipairs(FLOWS) do
    local protocol, multipath = flow[1], flow[2]
    it(multipath .. " keeps of " .. protocol .. " constant what it has to", function()
      set_up()
      for v = 4, 6, 2 do
        local opts = with({ multipath = multipath, queries = 3 }, protocol)
        local list = sent(opts, v).r1
        assert.is_true(#list >= 12, "4 hops, 3 answers each")
        for _, key in ipairs(flow.same) do assert.equal(1, values(list, key), key) end
        for k, key in pairs(flow.other) do
          if k < 4 or k == v then assert.equal(#list, values(list, key), key) end
        end
        if v == 4 then assert.equal(#list, values(list, "ip_id")) end
        if v == 6 then assert.equal(1, values(list, "flow_label")) end
      end
    end)
  end

  it("dublin over IPv6 counts the TTL in the length", function()
    set_up()
    local list = sent(with({ multipath = "dublin" }, "udp"), 6).r1
    for _, p in ipairs(list) do assert.equal(list[1].size - list[1].ttl, p.size - p.ttl) end
  end)

  for _, protocol in ipairs(PROTOCOLS) do
    it("a flow of " .. protocol .. " is the same in every trace, another one is not", function()
      set_up()
      local key = protocol == "icmp" and "checksum" or "sport"
      for v = 4, 6, 2 do
        local seen = {}
        nets.inside(l, function(e)
          for i, flow in ipairs { 7, 7, 8, 7 } do
            ways.r1:read()
            nets.traces(e, { { l["dst" .. v], with({ flow = flow }, protocol) } })
            local p = ways.r1:probes()[1]
            seen[i] = { p[key], p.flow_label, p.echo_id }
          end
        end)
        assert.same(seen[1], seen[2])
        assert.same(seen[1], seen[4])
        assert.is_not.equal(seen[1][1], seen[3][1])
        if v == 6 then assert.is_not.equal(seen[1][2], seen[3][2]) end
      end
    end)
  end
end)
