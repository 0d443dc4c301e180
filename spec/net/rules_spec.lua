-- SPDX-License-Identifier: MIT
--
-- Routing rules by protocol, port or type of service, on a host with two uplinks: probes take the
-- path and the source address of the traffic that they imitate, or the trace says that it cannot.

local mtr = require "mtr"
local nets = require "spec.support.real.nets"

-- A second uplink of the prober, to r2.
local UPLINK = [[set -e
ip link add side netns %s type veth peer name side netns %s
ip addr add 10.9.0.1/24 dev side; ip -6 addr add fd00:9::1/64 dev side nodad; ip link set side up
echo 0 >/proc/sys/net/ipv4/conf/side/rp_filter
nsenter --net=%s sh -e <<'R2'
ip addr add 10.9.0.2/24 dev side; ip -6 addr add fd00:9::2/64 dev side nodad; ip link set side up
R2
ip route add 10.0.4.0/24 via 10.9.0.2 table 9; ip -6 route add fd00:4::/64 via fd00:9::2 table 9]]

local WORD = "a rule of this host"

local RULE = "ip rule %s %s table 9; ip -6 rule %s %s table 9"

local host, rules = nil, {}            -- the one lab of all tests, and the rules that it has now

local function change(what, rule)
  nets.must(host, RULE:format(what, rule, what, (rule:gsub("icmp", "ipv6-icmp"))))
end

-- The host with this rule, which `down` takes away.
local function up(rule)
  nets.needs_privilege(pending)
  if not host then
    host = nets.up "chain 4"
    local r2 = host:path "r2"
    nets.must(host, UPLINK:format(host:path(), r2, r2))
    nets.await_links(host, { p = "side", r2 = "side" })
  end
  change("add", rule)
  rules[#rules + 1] = rule
  return host
end

local function down()
  while #rules > 0 do change("del", table.remove(rules)) end
end

local SIDE = { [4] = { "10.9.0.1", "10.9.0.2" }, [6] = { "fd00:9::1", "fd00:9::2" } }

-- Traces the first hops: the source address and the first hop, or the error's name and message.
local function first(e, l, v, opts)
  local o = { max_ttl = 1, timeout = 400, attempts = 5 }
  for key, value in pairs(opts) do o[key] = value end
  local result, message, name = e:trace(l["dst" .. v], o)
  if not result then return name, message end
  return result.src, result.hops[1].addr
end

-- what the rule goes by, options that fit, others that do not, and who can follow it.
local CASES = {
  { "ipproto icmp", { protocol = "icmp" }, { protocol = "udp" }, raw = true },
  { "ipproto udp", { protocol = "udp" }, { protocol = "tcp" }, raw = true },
  { "ipproto tcp", { protocol = "tcp" }, { protocol = "icmp" }, raw = true },
  { "ipproto udp dport 53", { protocol = "udp", port = 53 }, { protocol = "udp", port = 54 } },
  { "ipproto udp sport 5353", { protocol = "udp", source_port = 5353 },
    { protocol = "udp", source_port = 5354 } },
  { "ipproto udp sport 1024-65534", { protocol = "udp" }, { protocol = "tcp" } },
  { "ipproto tcp dport 443", { protocol = "tcp", port = 443 }, { protocol = "udp", port = 443 } },
  { "tos 0x10", { protocol = "udp", tos = 0x10 }, { protocol = "udp" }, raw = true },
}

for _, transport in ipairs { "raw", "packet", "user" } do
  describe("over " .. transport .. ", a rule for", function()
    after_each(down)

    for _, case in ipairs(CASES) do
      local able = transport ~= "user" or not case[2].source_port
      if able then it(case[1], function()
        local l = up(case[1])
        nets.pings(l)
        nets.inside(l, function(e)
          for _ = 1, 2 do
            for v = 4, 6, 2 do
              local src, hop = first(e, l, v, case[2])
              if case.raw or transport ~= "raw" then
                assert.same(SIDE[v], { src, hop })
              else
                assert.equal("EOPNOTSUPP", src)
                assert.matches(WORD, hop)
              end
              assert.same({ l["src" .. v], l.truth["v" .. v][1][1] }, { first(e, l, v, case[3]) })
            end
          end
        end, { transport = transport })
      end) end
    end
  end)
end

describe("a rule", function()
  after_each(down)
  teardown(nets.down)

  it("that comes and goes while the engine runs is followed", function()
    for _, transport in ipairs { "raw", "packet" } do
      local l = up "ipproto tcp"
      nets.inside(l, function(e)
        local opts = { protocol = "udp" }
        assert.same({ l.src4, l.truth.v4[1][1] }, { first(e, l, 4, opts) })
        nets.must(l, "ip rule add ipproto udp table 9")
        mtr.sleep "1.1s"               -- what is known of rules is good for a second
        assert.same(SIDE[4], { first(e, l, 4, opts) })
        nets.must(l, "ip rule del ipproto udp table 9")
        mtr.sleep "1.1s"
        assert.same({ l.src4, l.truth.v4[1][1] }, { first(e, l, 4, opts) })
      end, { transport = transport })
      down()
    end
  end)

  it("that mtr-packet cannot follow is named in the error", function()
    if not mtr.find_binary "mtr-packet" then pending "needs mtr-packet" end
    local l = up "ipproto udp"
    nets.inside(l, function(e)
      local name, message = first(e, l, 4, { protocol = "udp" })
      assert.equal("EOPNOTSUPP", name)
      assert.matches(WORD, message)
      assert.same({ l.src4, l.truth.v4[1][1] }, { first(e, l, 4, { protocol = "icmp" }) })
    end, { transport = "mtr-packet" })
  end)
end)
