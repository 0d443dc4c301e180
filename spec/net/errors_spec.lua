-- SPDX-License-Identifier: MIT
--
-- Probes that the kernel of this host refuses or loses, or that are too large: the outcome of each
-- is an error with a name, nothing crashes, and every probe has an outcome.

local nets = require "spec.support.real.nets"

local EPERM, EMSGSIZE, ENOBUFS = 1, 90, 105
local PROTOCOLS = { "icmp", "udp", "tcp" }
local must, trace = nets.must, nets.counted

local function up(words)
  nets.needs_privilege(pending)
  return nets.up(words or "chain 4")
end

describe("a probe that the kernel refuses", function()
  after_each(nets.down)

  local function refused(l, opts, errno, name)
    nets.inside(l, function(e)
      for _, protocol in ipairs(PROTOCOLS) do
        for v = 4, 6, 2 do
          opts.protocol = protocol
          local result, n = trace(e, l["dst" .. v], opts)
          assert.same({ "error", errno, 5 }, { result.stop_reason, result.stop_data,
            result.hop_count })
          assert.same({ 10, 0, 0 }, { n.errors, n.sent, n.silent })
          for i = 1, 10 do assert.equal(name, n.names[i]) end
          for _, hop in ipairs(result.hops) do assert.equal(name, hop.error) end
        end
      end
    end)
  end

  it("fails with EMSGSIZE if it exceeds the link's MTU and may not be fragmented", function()
    refused(up(), { size = 1501, dont_fragment = true }, EMSGSIZE, "EMSGSIZE")
  end)

  for _, verdict in ipairs { "drop", "reject" } do
    it("is EPERM when a firewall says " .. verdict, function()
      local l = up()
      must(l, "nft 'add table inet t; add chain inet t o { type filter hook output priority 0; };"
        .. " add rule inet t o meta l4proto { icmp, udp, tcp } " .. verdict .. ";"
        .. " add rule inet t o icmpv6 type echo-request drop'")
      refused(l, {}, EPERM, "EPERM")
    end)
  end

  it("does not disturb the probes to other hops", function()
    local l = up()
    must(l, "nft 'add table inet t; add chain inet t o { type filter hook output priority 0; };"
      .. " add rule inet t o ip ttl 2 drop; add rule inet t o ip6 hoplimit 2 drop'")
    nets.inside(l, function(e)
      for v = 4, 6, 2 do
        local result, n = trace(e, l["dst" .. v], { protocol = "udp" })
        assert.equal("completed", result.stop_reason)
        assert.same({ "EPERM", "EPERM" }, n.names)
        local errors = {}
        for ttl, hop in ipairs(result.hops) do errors[ttl] = hop.error or hop.addr end
        local truth = l.truth["v" .. v]
        assert.same({ truth[1][1], "EPERM", truth[3][1], truth[4][1] }, errors)
      end
    end)
  end)

  it("fails with ENETUNREACH once the route is gone", function()
    for v = 4, 6, 2 do
      local l = up()
      nets.inside(l, function(e)
        local result, n = trace(e, l["dst" .. v], { window = 1, on_hop = function(_, hop)
          if hop.ttl ~= 2 then return end
          must(l, v == 4 and "ip route del 10.0.0.0/8" or "ip -6 route del fd00::/8")
        end })
        -- The third probe is on its way when the second hop has settled.
        assert.same({ "gaplimit", 8 }, { result.stop_reason, result.hop_count })
        assert.equal(10, n.errors)
        for i = 1, 10 do assert.equal("ENETUNREACH", n.names[i]) end
        for ttl = 4, 8 do assert.equal("ENETUNREACH", result.hops[ttl].error) end
      end)
    end
  end)

  for name, case in pairs {
    ["our link"] = { "p", "ip link set r1 down" }, ["the next router's link"] = { "r1",
      "ip link set p down" },
  } do
    it("or is lost is counted when " .. name .. " goes down", function()
      for v = 4, 6, 2 do
        local l = up()
        nets.inside(l, function(e)
          local result, n = trace(e, l["dst" .. v], { window = 1, on_hop = function(_, hop)
            if hop.ttl == 2 then must(l, case[2], case[1]) end
          end })
          assert.is_true(result.hop_count > 3 and n.errors + n.silent > 0)
          assert.is_nil(result.hops[4].addr)
        end)
      end
    end)
  end

  it("because a queue is full is sent again, and none is lost", function()
    local l = up()
    nets.inside(l, function(e)
      for v = 4, 6, 2 do trace(e, l["dst" .. v], {}) end -- neighbours are found while there is room
      must(l, "tc qdisc add dev r1 root tbf rate 1mbit burst 1600 limit 1600")
      for v = 4, 6, 2 do
        local retries = e:stats().send_retries
        local result, n = trace(e, l["dst" .. v], { queries = 16, window = 255, max_ttl = 4,
          timeout = "5s", attempts = 1 })
        assert.same({ "completed", 64, 0, 0 },
          { result.stop_reason, n.replies, n.silent, n.errors })
        assert.is_true(e:stats().send_retries > retries)
        must(l, "tc qdisc replace dev r1 root tbf rate 1mbit burst 1600 limit 1600")
      end
    end)
  end)

  it("because it never fits a queue fails with ENOBUFS in the end", function()
    local l = up()
    nets.inside(l, function(e)
      trace(e, l.dst4, {})
      must(l, "tc qdisc add dev r1 root tbf rate 1mbit burst 1000 limit 1000")
      local result, n = trace(e, l.dst4, { size = 1400, attempts = 1 })
      assert.same({ "error", ENOBUFS }, { result.stop_reason, result.stop_data })
      assert.same({ 0, 0, 5 }, { n.sent, n.silent, n.errors })
      assert.equal("ENOBUFS", result.hops[1].error)
      assert.equal("completed", trace(e, l.dst4, {}).stop_reason)
    end)
  end)

  it("on the way is no hop: it goes on as large as the next link takes", function()
    local l = up "mtu 1400"
    nets.inside(l, function(e)
      for again = 1, 2 do -- though the kernel knows by then what the path takes
        for _, protocol in ipairs(PROTOCOLS) do
          for v = 4, 6, 2 do
            local result = trace(e, l["dst" .. v], { protocol = protocol, size = 1450,
              dont_fragment = v == 4 or nil, window = 1 })
            local says = l.truth.too_big["v" .. v]
            assert.same({ "completed", 1400, 6 }, { result.stop_reason, result.size,
              result.probe_count }, protocol .. again)
            local hop = result.hops[says.ttl]
            assert.same({ says.addr, says.type, says.code, says.mtu, true }, {
              hop.replies[1].addr, hop.replies[1].icmp_type, hop.replies[1].icmp_code,
              hop.replies[1].mtu, hop.replies[1].too_big })
            assert.equal(l.truth["v" .. v][says.ttl][1], hop.addr)
          end
        end
      end
    end)
  end)

  it("for lack of a neighbour gets an answer of our own kernel, flagged local", function()
    local l = up()
    for _, v in ipairs { "ipv4", "ipv6" } do
      must(l, ("cd /proc/sys/net/%s/neigh/r1; echo 1 > mcast_solicit; echo 100 > retrans_time_ms")
        :format(v))
    end
    nets.inside(l, function(e)
      for dst, case in pairs { ["10.0.1.77"] = { l.src4, 1 }, ["fd00:1::77"] = { l.src6, 3 } } do
        local result = trace(e, dst, { timeout = 5000 })
        assert.same({ "unreach", case[2] }, { result.stop_reason, result.stop_data })
        local reply = result.hops[1].replies[1]
        assert.same({ case[1], true }, { reply.addr, reply.local_ })
      end
    end)
  end)
end)
