-- SPDX-License-Identifier: MIT
--
-- The plan of a lab, which topo.lua fills in: nodes, links, addresses, routes, firewall rules,
-- sysctls and the path that a tracer must find, all as plain data. Link i is always 10.0.i.0/24 and
-- fd00:i::/64, `.1` on the prober's side and `.2` on the far side, and an interface has the name of
-- the node at its other end, so addresses can be read without a map. It does no I/O: netns.lua
-- builds what is planned here, `lab show` prints it. It would be wrong if a kernel answered from
-- another address than the inbound one; spec/net/lab_spec.lua asks the kernel.

local M = {}

---@class lab.Link
---@field a string   node on the prober's side
---@field b string   node on the far side
---@field a4 string
---@field a6 string
---@field b4 string
---@field b6 string
---@field mtu integer?

---@class lab.Node
---@field name string
---@field router boolean     forwards packets
---@field ifaces { name: string, a4: string, a6: string, mtu: integer? }[]
---@field addrs string[]     further addresses, on lo
---@field routes string[]    in the words of `ip route add`
---@field sysctls string[][] { path below /proc/sys/net, value }
---@field nft string?        a ruleset

---@class lab.Truth
---@field v4 (string[]|false)[]  per TTL: the addresses that may answer; false: silence
---@field v6 (string[]|false)[]
---@field stop "completed"|"unreach"|"loop"|"gaplimit"  how a trace of it ends
---@field unreach { v4: lab.Says, v6: lab.Says }?  who says so, at which TTL
---@field too_big { v4: lab.Says, v6: lab.Says }?  who returns packets over its `mtu`
---@field udp { v4: string, v6: string }?  a closed UDP port answers from here, not from dst
---@field nat { ttl: integer, translated: lab.Pair, quoted: lab.Pair }?  from ttl on probes have
---  the translated source, and quotes come home with the quoted one

---@class lab.Pair
---@field v4 string
---@field v6 string

---@class lab.Says
---@field ttl integer   of the probe
---@field addr string
---@field type integer  of the ICMP or ICMPv6 message
---@field code integer
---@field mtu integer?

---@class lab.Plan
---@field nodes lab.Node[]
---@field links lab.Link[]
---@field src4 string
---@field src6 string
---@field dst4 string
---@field dst6 string
---@field truth lab.Truth
---@field target fun(i: integer): string, string  the i-th destination, v4 and v6
---@field targets integer   how many there are
---@field limits boolean    the kernel's own ICMP limits stay on
---@field serve { udp: integer?, tcp: integer? }  open ports at the destination
local Plan = {}
Plan.__index = Plan

M.ALL = { v4 = "10.0.0.0/8", v6 = "fd00::/8" } -- everything there is; never a default route
M.SRC = { v4 = "10.0.1.0/24", v6 = "fd00:1::/64" } -- the prober's network

-- For each node: { path, value }, `*` allowed. A `?` in front: kernels that lack it are fine.
M.SYSCTLS = {
  { "ipv4/conf/*/rp_filter", "0" },
  { "ipv4/conf/*/send_redirects", "0" },
  { "ipv4/conf/*/accept_redirects", "0" },
  { "ipv4/icmp_errors_use_inbound_ifaddr", "1" },
  { "ipv6/conf/*/disable_ipv6", "0" },
  { "ipv6/conf/*/accept_dad", "0" },
  { "ipv6/conf/*/accept_ra", "0" },
  { "ipv6/conf/*/accept_redirects", "0" },
  { "ipv6/conf/*/router_solicitations", "0" },
}
M.ROUTER = { { "ipv4/ip_forward", "1" }, { "ipv6/conf/all/forwarding", "1" } }
-- The masks lift the host-wide limit too, which kernels before 6.12 do not have per namespace.
M.NO_LIMITS = {
  { "ipv4/icmp_ratelimit", "0" },
  { "ipv4/icmp_ratemask", "0" },
  { "?ipv4/icmp_msgs_per_sec", "10000000" },
  { "?ipv4/icmp_msgs_burst", "1000000" },
  { "ipv6/icmp/ratelimit", "0" },
  { "?ipv6/icmp/ratemask", "0" },
}

--- An empty plan.
---@return lab.Plan
function M.new()
  local truth = { v4 = {}, v6 = {}, stop = "completed" }
  return setmetatable({ nodes = {}, links = {}, truth = truth, serve = {} }, Plan)
end

--- Add a node; all but `p` and `d` are routers.
---@param name string
---@return lab.Node
function Plan:node(name)
  local node = {
    name = name,
    router = name ~= "p" and name ~= "d",
    ifaces = {},
    addrs = {},
    routes = {},
    sysctls = {},
  }
  self.nodes[#self.nodes + 1] = node
  self.nodes[name] = node
  return node
end

--- Join two nodes; a is on the prober's side.
---@param a string
---@param b string
---@param mtu integer?
---@return lab.Link
function Plan:link(a, b, mtu)
  local i = #self.links + 1
  assert(i < 256, "one octet numbers the links")
  local v4, v6 = "10.0." .. i .. ".", "fd00:" .. i .. "::"
  local link =
    { a = a, b = b, a4 = v4 .. 1, b4 = v4 .. 2, a6 = v6 .. 1, b6 = v6 .. 2, mtu = mtu }
  self.links[i] = link
  for side, far in pairs({ a = "b", b = "a" }) do
    local ifaces = self.nodes[link[side]].ifaces
    local iface = { name = link[far], a4 = link[side .. "4"], a6 = link[side .. "6"], mtu = mtu }
    ifaces[#ifaces + 1] = iface
  end
  return link
end

-- The other end of a link, as `ip route` writes a next hop.
local function via(link, node, v)
  local far = link.a == node and "b" or "a"
  return ("via %s dev %s"):format(link[far .. v], link[far])
end

--- Route a prefix over a link; over several at once when `links` is a list (ECMP).
---@param node string
---@param prefix { v4: string, v6: string }
---@param links lab.Link|lab.Link[]
---@param source lab.Link?  prefer the node's own address on this link, on its far side
function Plan:route(node, prefix, links, source)
  local routes = self.nodes[node].routes
  for _, v in ipairs({ "4", "6" }) do
    local hops = links.a and via(links, node, v) or ""
    for _, link in ipairs(links) do
      hops = hops .. " nexthop " .. via(link, node, v)
    end
    if source then
      hops = hops .. " src " .. source["b" .. v]
    end
    routes[#routes + 1] = prefix["v" .. v] .. " " .. hops
  end
end

--- Set the destination.
function Plan:dest(dst4, dst6)
  self.dst4, self.dst6 = dst4, dst6
  self.targets = 1
  self.target = function()
    return dst4, dst6
  end
end

--- Draw p - r1 - ... - d with n links: d answers at TTL n. Options: `mtu` (by link), `back` (by
--- link: the prefix routed back over it, false for none), `open` (no d: ends with router n).
---@param n integer
---@param opts { mtu: table<integer, integer>?, back: table?, open: boolean? }?
function Plan:chain(n, opts)
  opts = opts or {}
  local mtu, back = opts.mtu or {}, opts.back or {}
  self:node("p")
  for k = 1, n do
    self:node((k == n and not opts.open) and "d" or "r" .. k)
    local link = self:link(self.nodes[k].name, self.nodes[k + 1].name, mtu[k])
    self:route(link.a, M.ALL, link)
    if k > 1 and back[k] ~= false then
      self:route(link.b, back[k] or M.SRC, link)
    end
  end
  self:ends()
  for k = 1, n do
    self:hop(k, self.links[k])
  end
end

--- The prober is at the first link, the destination at the last.
function Plan:ends()
  local first, last = self.links[1], self.links[#self.links]
  self.src4, self.src6 = first.a4, first.a6
  self:dest(last.b4, last.b6)
end

--- Ground truth: at this TTL the far sides of these links answer; nobody does when there are none.
---@param ttl integer
---@param ... lab.Link
function Plan:hop(ttl, ...)
  local v4, v6 = {}, {}
  for i, link in ipairs({ ... }) do
    v4[i], v6[i] = link.b4, link.b6
  end
  self.truth.v4[ttl] = #v4 > 0 and v4
  self.truth.v6[ttl] = #v6 > 0 and v6
end

--- Ground truth ends at this TTL.
---@param ttl integer
---@param why string  a stop reason
function Plan:stops(ttl, why)
  for i = ttl + 1, #self.truth.v4 do
    self.truth.v4[i], self.truth.v6[i] = nil, nil
  end
  self.truth.stop = why
end

return M
