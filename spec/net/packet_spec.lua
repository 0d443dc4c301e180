-- SPDX-License-Identifier: MIT
--
-- The packet transport on real links: which probes it sends by itself and which through raw, and
-- that it notices changes of the network, also during a trace. matrix_spec.lua checks that it finds
-- the same as raw; packet_ring_spec.lua, how it receives.

local mtr = require "mtr"
local forger = require "spec.support.real.forger"
local nets = require "spec.support.real.nets"

local must, counted = nets.must, nets.counted

local function up(words)
  nets.needs_privilege(pending)
  return nets.up(words or "chain 4")
end

local function inside(l, fn) nets.inside(l, fn, { transport = "packet" }) end

-- A complete trace; returns how many of its probes went through raw.
local function detours(e, dst, opts)
  local before = e:stats().detours
  local result = counted(e, dst, opts or {})
  assert.equal("completed", result.stop_reason, nets.path(result))
  return e:stats().detours - before, result
end

-- Traces until the next hop is known.
local function settle(e, l)
  for v = 4, 6, 2 do
    local tries = 0
    repeat
      tries = tries + 1
      assert(tries < 20, "the next hop does not get known")
    until detours(e, l["dst" .. v]) == 0
  end
end

describe("packet", function()
  after_each(nets.down)

  it("sends through raw until the next hop is resolved, and never again", function()
    local l = up()
    inside(l, function(e)
      assert.is_nil(e:transport().detour)
      counted(e, l.dst4, { max_ttl = 1 })
      assert.equal("a next hop not yet resolved", e:transport().detour)
      settle(e, l)
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        for v = 4, 6, 2 do
          assert.equal(0, (detours(e, l["dst" .. v], { protocol = protocol })))
        end
      end
      local transport = e:transport()
      assert.same({ "packet", "asked for" }, { transport.name, transport.why })
    end)
  end)

  it("needs no hardware address on a link that has none", function()
    local l = up "chain 2"
    local f = forger.open(l)
    inside(l, function(e)
      for v = 4, 6, 2 do
        local result
        e:trace(({ [4] = "10.66.2.2", [6] = "fd66:2::2" })[v], {},
          function(_, r) result = r end)
        local path = forger.path(3)
        f:drive(e, function(p) f:send(path(p)) end)
        assert.equal("completed", result.stop_reason)
      end
      assert.equal(0, e:stats().detours)
    end)
    f:close()
  end)

  local GATE4, GATE6 = "10.0.1.2", "fd00:1::2"
  -- what it is, its set-up, options by version, and the reason.
  local CASES = {
    { "goes to this host itself", dst = { [4] = "127.0.0.1", [6] = "::1" },
      why = "to this host itself" },
    { "has several next hops", why = "a route with several next hops",
      router = "ip addr add 10.0.1.3/24 dev p; ip -6 addr add fd00:1::3/64 dev p nodad",
      set_up = "ip route add 10.0.4.0/24 nexthop via @4 dev r1 nexthop via 10.0.1.3 dev r1;"
        .. " ip -6 route add fd00:4::/64 nexthop via @6 dev r1 nexthop via fd00:1::3 dev r1" },
    { "has a mark of its own", opts = { mark = 7 }, why = "a mark of its own" },
    { "has a source address, and routes may go by it", why = "a source address that may matter",
      set_up = "ip rule add from 10.1.0.0/16 table 9; ip -6 rule add from fd01::/16 table 9",
      source = true },
    { "is larger than its link takes", opts = { size = 1600 }, why = "larger than its link takes" },
  }

  for _, case in ipairs(CASES) do
    it("sends through raw what " .. case[1], function()
      local l = up()
      if case.router then must(l, case.router, "r1") end
      if case.set_up then must(l, (case.set_up:gsub("@4", GATE4):gsub("@6", GATE6))) end
      inside(l, function(e)
        if not case.set_up then settle(e, l) end
        for v = 4, 6, 2 do
          local opts = { protocol = "udp" }
          for key, value in pairs(case.opts or {}) do opts[key] = value end
          if case.source then opts.source = l["src" .. v] end
          local n, result = detours(e, (case.dst or { [4] = l.dst4, [6] = l.dst6 })[v], opts)
          assert.equal(result.probe_count, n)
          assert.equal(case.why, e:transport().detour)
        end
      end)
    end)
  end

  it("sends through raw what must leave by another interface than the route's", function()
    local l = up()
    must(l, "ip link add other type dummy 2>/dev/null || ip link add other type ifb;"
      .. " ip addr add 10.55.0.1/24 dev other; ip link set other up")
    inside(l, function(e)
      settle(e, l)
      assert.equal(0, (detours(e, l.dst4, { interface = "r1" })))
      local result = counted(e, l.dst4, { interface = "other", attempts = 1, max_ttl = 2 })
      assert.is_nil(result.hops[1].addr)
      assert.equal("an interface that is not the route's", e:transport().detour)
    end)
  end)

  -- Routes and rules with which the kernel has to be asked for each destination.
  for name, set_up in pairs {
    ["more routes than it keeps"] = "for i in $(seq 100); do ip route add 10.77.$i.0/24 via @4;"
      .. " ip -6 route add fd77:$i::/32 via @6; done",
    ["a policy of the host's own"] = "ip rule add from 10.77.0.0/16 table 9;"
      .. " ip -6 rule add from fd77::/16 table 9",
    ["routes that go by the kind of service"] = "ip route add 10.77.0.0/16 tos 0x10 via @4;"
      .. " ip -6 rule add tos 0x10 table 9",
  } do
    it("still sends by itself with " .. name, function()
      local l = up()
      must(l, (set_up:gsub("@4", GATE4):gsub("@6", GATE6)))
      inside(l, function(e)
        settle(e, l)
        for v = 4, 6, 2 do
          local n, result = detours(e, l["dst" .. v])
          assert.equal(0, n)
          for ttl, list in ipairs(l.truth["v" .. v]) do
            assert.equal(list[1], result.hops[ttl].addr)
          end
        end
      end)
    end)
  end

  for kind, want in pairs { blackhole = "EINVAL", unreachable = "EHOSTUNREACH",
    prohibit = "EACCES" } do
    it(("reports a route of type %s as raw does"):format(kind), function()
      local l = up()
      inside(l, function(e)
        settle(e, l)
        local result, n = counted(e, l.dst4, { window = 1, on_hop = function(_, hop)
          if hop.ttl == 2 then must(l, ("ip route add %s %s/32"):format(kind, l.dst4)) end
        end })
        assert.equal("gaplimit", result.stop_reason)
        assert.is_true(n.errors > 0)
        for _, name in ipairs(n.names) do assert.equal(want, name) end
        must(l, ("ip route del %s %s/32"):format(kind, l.dst4))
        detours(e, l.dst4)
      end)
    end)
  end
end)

describe("auto", function()
  after_each(nets.down)

  it("chooses packet where the rate is high", function()
    local l = up "chain 2"
    for rate, want in pairs { [1000] = "raw", [5000] = "raw", [5001] = "packet", [0] = "packet" } do
      nets.inside(l, function(e)
        local transport = e:transport()
        assert.same({ want, want .. " sockets are permitted"
          .. (want == "packet" and " and the rate is high" or "") },
          { transport.name, transport.why })
      end, { transport = "auto", rate = rate })
    end
  end)

  it("gets answers through a firewall that admits only replies to what it saw leave", function()
    local l = up "many 4"
    must(l, "nft 'add table inet t; add chain inet t i { type filter hook input priority 0;"
      .. " policy drop; }; add rule inet t i ct state established,related accept;"
      .. " add rule inet t i icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept'")
    for _, transport in ipairs { "raw", "auto", "packet" } do
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          local jobs = {}
          for i = 1, 100 do
            jobs[i] = { (select(v / 2 - 1, l.target(i))), { protocol = "udp", timeout = 500 } }
          end
          for _ = 1, 3 do
            assert.equal("completed", counted(e, l["dst" .. v], {}).stop_reason)
            for _, result in ipairs(nets.traces(e, jobs)) do
              assert.equal("completed", result.stop_reason)
            end
          end
        end
      end, { transport = transport })
    end
  end)

  it("reports at the end what packet sent through raw", function()
    local l = up "chain 2"
    l:inside(function()
      local lines = {}
      local e = assert(mtr.engine { transport = "packet", log = function(level, text)
        lines[#lines + 1] = level .. " " .. text
      end })
      nets.traces(e, { { "127.0.0.1", { max_ttl = 1 } } })
      e:close()
      assert.same({ "info transport packet: asked for",
        "info transport packet: 1 of 1 probes went through raw; the last: to this host itself" },
        lines)
    end)
  end)
end)

describe("in the middle of a trace, packet", function()
  after_each(nets.down)

  -- Traces one hop after the other and runs |cmd| behind the second; then |back|, and traces again.
  -- The routes were read a moment ago, and are read again 10 ms later at the earliest.
  local function disturbed(cmd, back, check, opts)
    local l = up()
    inside(l, function(e)
      for v = 4, 6, 2 do
        settle(e, l)
        local o = { window = 1, on_hop = function(_, hop)
          if hop.ttl == 2 then must(l, cmd .. "; sleep 0.02") end
        end }
        for key, value in pairs(opts or {}) do o[key] = value end
        local result, n = counted(e, l["dst" .. v], o)
        check(result, n, e)
        if back then must(l, back) end
        nets.await_links(l)
        settle(e, l)
      end
    end)
  end

  local ROUTES = "ip route replace 10.0.0.0/8 via 10.0.1.2;"
    .. " ip -6 addr replace fd00:1::1/64 dev r1 nodad; ip -6 route replace fd00::/8 via fd00:1::2"

  it("resolves a lost neighbour again", function()
    disturbed("ip neigh flush dev r1; ip -6 neigh flush dev r1", nil, function(result)
      assert.equal("completed", result.stop_reason)
    end)
  end)

  it("notices when its link goes down, and when it is up again", function()
    disturbed("ip link set r1 down", "ip link set r1 up; " .. ROUTES, function(result, n)
      assert.equal("gaplimit", result.stop_reason)
      assert.is_true(n.errors > 0, "the kernel's refusals are told")
      assert.is_nil(result.hops[4].addr)
    end)
  end)

  it("notices when its route is gone, and when it is back", function()
    disturbed("ip route del 10.0.0.0/8; ip -6 route del fd00::/8", ROUTES, function(result, n)
      assert.equal("gaplimit", result.stop_reason)
      for _, name in ipairs(n.names) do assert.equal("ENETUNREACH", name) end
      assert.equal(10, n.errors)
    end)
  end)

  it("notices when the MTU of the link shrinks", function()
    local changed
    disturbed("ip link set r1 mtu 1300", "ip link set r1 mtu 1500", function(result, _, e)
      assert.equal("completed", result.stop_reason)
      changed = e:transport().detour
      assert.equal("larger than its link takes", changed)
    end, { size = 1400, protocol = "udp" })
  end)

  it("ends with a reason when the interface is removed", function()
    for v = 4, 6, 2 do
      local l = up()
      inside(l, function(e)
        settle(e, l)
        local result, n = counted(e, l["dst" .. v], { window = 1, on_hop = function(_, hop)
          if hop.ttl == 2 then must(l, "ip link del r1; sleep 0.02") end
        end })
        assert.equal("gaplimit", result.stop_reason)
        assert.is_true(n.errors > 0)
        for _, name in ipairs(n.names) do
          assert.truthy(name == "ENETUNREACH" or name == "silent", name)
        end
      end)
    end
  end)

  it("follows its next hop to another hardware address", function()
    local l = up()
    must(l, "cd /proc/sys/net/ipv4/neigh/r1; echo 1 >delay_first_probe_time;"
      .. " echo 300 >base_reachable_time_ms; echo 100 >retrans_time_ms")
    inside(l, function(e)
      settle(e, l)
      must(l, "ip link set p down; ip link set p address 02:00:00:00:77:01; ip link set p up;"
        .. " ip route replace 10.0.1.0/24 dev p; ip route replace 10.0.0.0/8 via 10.0.2.2", "r1")
      local found
      for _ = 1, 100 do
        found = counted(e, l.dst4, { max_ttl = 1, timeout = 100 }).hops[1].addr
        if found then break end
      end
      assert.equal(l.truth.v4[1][1], found)
      detours(e, l.dst4)
    end)
  end)
end)
