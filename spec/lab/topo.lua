-- SPDX-License-Identifier: MIT
--
-- The topologies that `lab list` lists: each is a few lines that fill in a plan of plan.lua, with
-- the path that a tracer must find (its truth). Pure data in, pure data out: it runs without
-- privilege. To add one, add an entry to `list`. The truth holds for UDP, ICMP and TCP unless a
-- field of `truth` says otherwise; it was measured with traceroute(8) (spec/net/lab_spec.lua).

local params = require "spec.lab.params"
local plan = require "spec.lab.plan"
local rules = require "spec.lab.rules"

local M = {}

local ALL = plan.ALL
local FAR = { v4 = "10.99.0.1", v6 = "fd00:99::1" } -- an address beyond the links

local function chain(p, o)
  p:chain(o.hops)
end

local function diamond(p, o)
  p:node("p")
  p:node("r1")
  for i = 1, o.width do
    p:node("m" .. i)
  end
  p:node("r2")
  p:node("d")
  local first, down, up = p:link("p", "r1"), {}, {}
  for i = 1, o.width do
    down[i] = p:link("r1", "m" .. i)
  end
  for i = 1, o.width do
    up[i] = p:link("m" .. i, "r2")
    p:route("m" .. i, ALL, up[i])
    p:route("m" .. i, plan.SRC, down[i])
  end
  local last = p:link("r2", "d")
  p:route("p", ALL, first)
  p:route("r1", ALL, down)
  p:route("r2", ALL, last)
  p:route("d", plan.SRC, last)
  -- r2 answers from one address whichever way a probe came.
  p:route("r2", plan.SRC, up[1], up[1])
  p.nodes.r2.sysctls = { { "ipv4/icmp_errors_use_inbound_ifaddr", "0" } }
  p.nodes.r1.sysctls = {
    { "ipv4/fib_multipath_hash_policy", tostring(o.policy) },
    { "ipv6/fib_multipath_hash_policy", tostring(o.policy) },
    { "?ipv4/fib_multipath_hash_seed", tostring(o.seed) },
  }
  p:ends()
  p:hop(1, first)
  p:hop(2, unpack(down))
  p:hop(3, up[1])
  p:hop(4, last)
end

local function silent(p, o)
  p:chain(6)
  p.nodes["r" .. o.k].nft = rules.silent
  p:hop(o.k)
end

-- A node says in so many words that it will not pass packets on to the destination.
local function refuse(p, node, hook, icmp4, icmp6)
  local values = { hook = hook, icmp4 = icmp4, icmp6 = icmp6, dst4 = p.dst4, dst6 = p.dst6 }
  p.nodes[node].nft = rules.fill(rules.reject, values)
end

local function filter(p, o)
  p:chain(5)
  refuse(p, "r3", o.hook, "admin-prohibited", "admin-prohibited")
  local ttl, r3 = o.hook == "forward" and 4 or 3, p.links[3]
  p:hop(ttl, r3)
  p:stops(ttl, "unreach")
  p.truth.unreach = {
    v4 = { ttl = ttl, addr = r3.b4, type = 3, code = 13 },
    v6 = { ttl = ttl, addr = r3.b6, type = 1, code = 1 },
  }
end

local function nat(p, o)
  if o.broken then
    p:chain(5, { back = { [3] = FAR, [4] = FAR, [5] = FAR } })
    local values = { src4 = p.src4, src6 = p.src6, out4 = FAR.v4, out6 = FAR.v6 }
    p.nodes.r2.nft = rules.fill(rules.masquerade_outside, values)
    p.truth.nat = { ttl = 3, translated = FAR, quoted = FAR }
  else
    local outer = { v4 = "10.0.3.0/24", v6 = "fd00:3::/64" }
    p:chain(5, { back = { [3] = false, [4] = outer, [5] = outer } })
    p.nodes.r2.nft = rules.masquerade
    local own = { v4 = p.src4, v6 = p.src6 }
    p.truth.nat = { ttl = 3, translated = { v4 = p.links[3].a4, v6 = p.links[3].a6 }, quoted = own }
  end
end

local function mtu(p, o)
  p:chain(5, { mtu = { [3] = o.size } })
  p.truth.too_big = { -- packets over `mtu` that would get past r2 come back from it
    v4 = { ttl = 3, addr = p.links[2].b4, type = 3, code = 4, mtu = o.size },
    v6 = { ttl = 3, addr = p.links[2].b6, type = 2, code = 0, mtu = o.size },
  }
end

local function loop(p)
  p:chain(3, { open = true })
  p:dest(FAR.v4, FAR.v6)
  p:route("r3", ALL, p.links[3])
  -- On the way round a probe comes to r2 from r3, and r2 answers from that side; IPv6 in older
  -- kernels, from the side of the prober.
  for ttl = 4, 30, 2 do
    p:hop(ttl, p.links[2])
    p:hop(ttl + 1, p.links[3])
    p.truth.v4[ttl] = { p.links[3].a4 }
    p.truth.v6[ttl] = { p.links[3].a6, p.links[2].b6 }
  end
  p:stops(30, "loop")
end

-- How r3 may refuse: for nft reject, for `ip route add`, and the codes of the two.
local REFUSALS = {
  noroute = { icmp4 = "net-unreachable", icmp6 = "no-route", code4 = 0, code6 = 0 },
  host = { icmp4 = "host-unreachable", icmp6 = "addr-unreachable", code4 = 1, code6 = 3,
    route = "unreachable", route_code6 = 0 },
  admin = { icmp4 = "admin-prohibited", icmp6 = "admin-prohibited", code4 = 13, code6 = 1,
    route = "prohibit" },
}

-- IPv4 limits what a missing route makes it say (5 at once, then 1/s and source), and no namespace
-- can lift that. So it is nft who says it, in the same words, unless the limits are wanted.
local function unreach(p, o)
  p:chain(3, { open = true })
  p:dest(FAR.v4, FAR.v6)
  local refusal = REFUSALS[o.kind]
  local code6 = refusal.code6
  if not o.limits then
    refuse(p, "r3", "prerouting", refusal.icmp4, refusal.icmp6)
  elseif refusal.route then
    for _, prefix in pairs(ALL) do
      table.insert(p.nodes.r3.routes, refusal.route .. " " .. prefix)
    end
    code6 = refusal.route_code6 or code6
  end
  p:stops(3, "unreach")
  p.truth.unreach = { -- the route is looked up before the TTL is: no Time Exceeded from r3
    v4 = { ttl = 3, addr = p.links[3].b4, type = 3, code = refusal.code4 },
    v6 = { ttl = 3, addr = p.links[3].b6, type = 1, code = code6 },
  }
end

local function blackhole(p, o)
  p:chain(6)
  local back = o.k == 1 and "p" or "r" .. o.k - 1
  p.nodes["r" .. o.k].nft = rules.fill(rules.swallow, { back = back })
  for ttl = o.k + 1, 6 do
    p:hop(ttl)
  end
  p:stops(6, "gaplimit")
end

local function twohomed(p)
  p:chain(4)
  local other = { v4 = p.dst4, v6 = p.dst6 }
  p:dest(FAR.v4, FAR.v6)
  p.nodes.d.addrs = { FAR.v4 .. "/32", FAR.v6 .. "/128" }
  local values = { dst4 = FAR.v4, dst6 = FAR.v6, other4 = other.v4, other6 = other.v6 }
  p.nodes.d.nft = rules.fill(rules.answer_from, values)
  p.truth.v4[4], p.truth.v6[4] = { FAR.v4 }, { FAR.v6 }
  p.truth.udp = other -- a closed UDP port answers from here; echo and TCP as probed
end

local function many(p, o)
  p:chain(o.hops)
  p.targets = 65534
  p.target = function(i)
    assert(i >= 1 and i <= p.targets, "target: 1 to 65534")
    return ("10.200.%d.%d"):format(i / 256, i % 256), ("fd00:200::%x"):format(i)
  end
  p.dst4, p.dst6 = p.target(1)
  local d = p.nodes.d
  d.routes[#d.routes + 1] = "local 10.200.0.0/16 dev lo"
  d.routes[#d.routes + 1] = "local fd00:200::/64 dev lo"
  d.nft = rules.answer_as_probed
  d.sysctls = { { "ipv6/ip_nonlocal_bind", "1" } } -- so that UDP echo answers from there
  p.truth.v4[o.hops], p.truth.v6[o.hops] = { p.dst4 }, { p.dst6 }
end

local hops = { name = "hops", default = 8, min = 2, max = 60 }
local k = { name = "k", default = 3, min = 1, max = 5 }

---@class lab.Topology
---@field name string
---@field alias string?
---@field doc string
---@field params lab.Param[]
---@field nobody boolean?  there is no destination node
---@field draw fun(p: lab.Plan, o: table)

---@type lab.Topology[]
M.list = {
  { name = "chain", doc = "a path of HOPS hops, the destination included",
    params = { hops }, draw = chain },
  { name = "diamond", alias = "ecmp", doc = "WIDTH routers side by side at hop 2, chosen per flow",
    params = {
      { name = "width", default = 2, min = 1, max = 64 },
      { name = "policy", default = 1, min = 0, max = 1 },
      { name = "seed", default = 1, min = 1, max = 2 ^ 31 },
    }, draw = diamond },
  { name = "silent", doc = "6 hops, the K-th never answers", params = { k }, draw = silent },
  { name = "filter", doc = "5 hops, the third prohibits (before or after it looks at the TTL)",
    params = { { name = "hook", default = "forward", one_of = { "forward", "prerouting" } } },
    draw = filter },
  { name = "nat", doc = "5 hops, the second translates the prober; broken: not in quotes",
    params = { { name = "broken", default = false } }, draw = nat },
  { name = "mtu", doc = "5 hops, the third link takes SIZE bytes",
    params = { { name = "size", default = 1400, min = 1280, max = 1499 } }, draw = mtu },
  { name = "loop", doc = "the second and third router point at each other", params = {},
    nobody = true, draw = loop },
  { name = "unreach", doc = "the third router says that there is no way", nobody = true,
    params = { { name = "kind", default = "noroute", one_of = { "noroute", "host", "admin" } } },
    draw = unreach },
  { name = "blackhole", doc = "6 hops, nothing gets past the K-th, nobody says so",
    params = { k }, draw = blackhole },
  { name = "twohomed", doc = "4 hops; a closed UDP port answers from another address",
    params = {}, draw = twohomed },
  { name = "many", alias = "wide", doc = "65534 destinations behind a path of HOPS hops",
    params = { hops }, draw = many },
}

--- Draw a topology: its plan, or nil and what is wrong with the name or the arguments.
---@param name string
---@param args table?  positional, `key=value` strings or named fields
---@return lab.Plan?
---@return string?
function M.plan(name, args)
  local topology, err = params.find(M.list, name)
  if not topology then
    return nil, err
  end
  local o, wrong = params.read(topology, args or {})
  if not o then
    return nil, wrong
  end
  local p = plan.new()
  topology.draw(p, o)
  p.limits, p.serve = o.limits, { udp = o.udp, tcp = o.tcp }
  return p
end

return M
