-- SPDX-License-Identifier: MIT
--
-- The packet transport on links that are not Ethernet: it sends by itself where nothing precedes
-- the IP header, and through raw elsewhere. In both cases the rings receive while many probes are
-- out, and it finds the same as raw.

local forger = require "spec.support.real.forger"
local loopback = require "spec.support.real.loopback"
local nets = require "spec.support.real.nets"

local HOPS, MANY = 3, 100
local PROTOCOLS = { "icmp", "udp", "tcp" }
local MAC = "02:00:00:00:77:01"
local UNLIKE = "a link unlike Ethernet"
-- What links say to be (linux/if_arp.h). The kernel of a spec need not know how to make them: a TUN
-- device takes any name, and has the same nothing before the IP header.
local KINDS = { { "PPP", 512 }, { "IP in IP", 768 }, { "GRE", 778 }, { "bare IP" } }

-- Raw sockets of this network that would be given a packet: neither those that only send nor those
-- that are bound to the reserved groups of raw.c.
local function listeners()
  local n = 0
  for _, name in ipairs { "raw", "raw6" } do
    for line in io.lines("/proc/self/net/" .. name) do
      local address, protocol = line:match "^%s*%d+: (%x+):(%x+)"
      local group = address and (address == "000000E0" or address:sub(1, 8) == "00000EFF")
      if address and protocol ~= "00FF" and not group then n = n + 1 end
    end
  end
  return n
end

local function clean(e)
  local s = e:stats()
  assert.same({ 0, 0, 0, 0, 0, 0, 0 }, { s.timeouts, s.duplicates, s.unmatched, s.malformed,
    s.late, s.kernel_drops, s.send_errors })
end

describe("packet", function()
  local l, f

  before_each(function() nets.needs_privilege(pending) end)
  after_each(function()
    if f then f:close() end
    f = nil
    nets.down()
  end)

  -- Traces to n destinations side by side. Their paths; and how many of their hops were found while
  -- no raw socket listened.
  local function paths(e, n, v, protocol)
    local found, by_ring, left = {}, 0, n
    local prefix = v == 4 and "10.66.2." or "fd66:2::"
    for i = 1, n do
      e:trace(prefix .. i, { protocol = protocol, timeout = "5s", window = 1,
        on_hop = function() if listeners() == 0 then by_ring = by_ring + 1 end end },
        function(err, r)
          found[i] = nets.path(assert(r, err))
          left = left - 1
        end)
    end
    local path = forger.path(HOPS)
    f:drive(e, function(p) f:send(path(p)) end)
    assert.equal(0, left)
    return found, by_ring
  end

  for _, kind in ipairs(KINDS) do
    local name, number = unpack(kind)

    it("finds the same hops as raw beyond a link of " .. name .. ", and by the ring", function()
      l = nets.up "chain 2"
      f = forger.open(l, number)
      for v = 4, 6, 2 do
        for _, protocol in ipairs(PROTOCOLS) do
          local want
          nets.inside(l, function(e) want = paths(e, MANY, v, protocol) end)
          for _, transport in ipairs { "packet", "auto" } do
            nets.inside(l, function(e)
              local found, by_ring = paths(e, MANY, v, protocol)
              assert.same(want, found)
              assert.is_true(by_ring > MANY, by_ring)
              clean(e)
              local stats = e:stats()
              if transport == "packet" then
                assert.equal(number and stats.probes_sent or 0, stats.detours)
              end
              assert.equal(number and UNLIKE or nil, e:transport().detour)
            end, { transport = transport })
          end
        end
      end
    end)
  end

  -- A pair of veth whose near end does not ask for addresses, and so takes its own for the other's.
  local function without_arp(words)
    l = nets.up(words)
    nets.must(l, ("ip link set p address %s; ip neigh replace 10.0.1.1 lladdr %s dev p;"
      .. " ip neigh replace fd00:1::1 lladdr %s dev p"):format(MAC, MAC, MAC), "r1")
    nets.must(l, ("ip link set r1 address %s; ip link set r1 arp off"):format(MAC))
  end

  for _, transport in ipairs { "packet", "auto" } do
    it(("is as fast as raw for few probes after many, where raw has to send (%s)"):format(
      transport), function()
      without_arp "many 8"
      nets.inside(l, function(e)
        for v = 4, 6, 2 do
          local jobs = {}
          for i = 1, 2 * MANY do
            jobs[i] = { (select(v / 2 - 1, l.target(i))), { protocol = "udp", timeout = "5s" } }
          end
          for _, result in ipairs(nets.traces(e, jobs)) do
            assert.equal("completed", assert(result.hops and result, result.failed).stop_reason)
          end
          loopback.sleep(110)              -- to where few are sent, and the rings listen yet
          local best, tries = math.huge, 0
          while tries < 30 or best >= 6 and tries < 300 do      -- a busy machine is slow at times
            tries = tries + 1
            local result = nets.traces(e, { { l["dst" .. v], { window = 1 } } })[1]
            for ttl, list in ipairs(l.truth["v" .. v]) do
              assert.equal(list[1], result.hops[ttl].addr)
            end
            best = math.min(best, result.duration)
          end
          -- A ring has the kernel wait a millisecond with each of the 8 hops.
          assert.is_true(best < 6, best)
        end
        clean(e)
        assert.equal(UNLIKE, e:transport().detour)
      end, { transport = transport })
    end)
  end
end)
