-- SPDX-License-Identifier: MIT
--
-- Random networks for specs of the engine, and what must be true of every result. A
-- network is one path (path.lua) to one destination that loses, delays, repeats and damages replies
-- at random; the same random number generator gives the same network.

local path = require "spec.support.virtual.path"

local M = {}

local function address(family, a, b)
  return family == 4 and ("10.%d.0.%d"):format(a, b) or ("2001:db8:a:%x::%x"):format(a, b)
end

-- What boxes do to quotes, so that a reply can still be recognised.
local MANGLE = {
  function() end,
  function(r, p) if not p.natural then r.ip_id = 0 end end,
  function(r, p) if p.protocol ~= 17 then r.ip_id = r.ip_id % 256 * 256 + 7 end end,
  function(r, p)
    if p.family == 4 and r.ip_id > 0 then
      r.flags, r.id, r.sport, r.dport, r.tcp_low = r.flags + 2, 0, 0, 0, 0
    end
  end,
  function(r, p)
    if p.protocol ~= 17 then r.quoted_src[3] = 99 end
  end,
  function(r, p)
    if r.ip_id > 0 and p.protocol == 17 then r.quoted_src[3], r.id = 99, 0xffee end
  end,
  function(r, p) if p.protocol == 6 or p.protocol == 1 then r.quoted_dst[3] = 98 end end,
}

local function places(pick, n)
  local p = { dst = n.dst, rtt = pick() * 30 }
  for ttl = 1, pick(14) - 1 do
    local kind = pick(10)
    local a, b = address(n.family, n.id, ttl), address(n.family, n.id, 100 + ttl)
    p[ttl] = a
    if kind <= 2 then p[ttl] = false elseif kind == 3 then p[ttl] = { a, b } end
    n.truth[ttl] = { [a] = kind > 2 or nil, [b] = kind == 3 or nil }
  end
  n.hops = #p + 1
  return p
end

-- Behind a router of small MTU, packets too big never go on.
local function narrow(pick, n, p)
  local at, mtu = pick(#p), n.family == 4 and 60 + pick(1300) or 1200 + pick(200)
  local says = pick(3) == 1 and 0 or mtu
  local router = address(n.family, n.id, 200)
  for ttl = at, #p + 1 do
    local place = p[ttl]
    if ttl > #p then place = p.dest == nil and {} or p.dest end
    local function instead(probe)
      if probe.bytes <= mtu then return place end
      return { from = router, kind = "TOO_BIG", mtu = says }
    end
    if ttl > #p then p.dest = instead else p[ttl] = instead end
  end
end

---A network; n:probe(p, emit) as path.lua's. Fields: dst, family, hops (the destination's TTL),
---truth[ttl] (the set of addresses that may answer there), perfect (nothing gets lost or late),
---narrow (some packets are too big), open (the UDP port is).
---@param pick function of spec.support.harness.random
---@param id integer 1..200, of this network
---@param o table no_dups: nothing is repeated; sends: no probe fails to leave
function M.network(pick, id, o)
  local family = pick(2) == 1 and 4 or 6
  local n = { id = id, family = family, truth = {} }
  n.dst = family == 4 and "203.0.113." .. id or ("2001:db8:9::%x"):format(id)
  local p = places(pick, n)
  local other, kind = address(family, id, 250), pick(6)
  n.truth[n.hops] = { [n.dst] = kind > 2 or nil, [other] = kind == 2 or nil }
  if kind == 1 then p.dest = false elseif kind == 2 then p.dest = { from = other } end
  local loss = pick(3) == 1 and pick() * 0.5 or 0
  local dup = not o.no_dups and pick(2) == 1 and pick() * 0.4 or 0
  local slow, jitter = pick(4) == 1, pick() * 300
  local fails = pick(8) == 1 and pick() * 0.3 or 0
  if o.sends then fails = 0 end
  n.perfect = loss == 0 and not slow and fails == 0 and jitter < 200
  if kind > 2 and n.perfect and dup == 0 and pick(2) == 1 then
    n.open = true
    p.dest = function(q) return q.protocol == 17 and { kind = "UDP_REPLY" } or {} end
  elseif #p > 0 and pick(4) == 1 then
    n.narrow = true
    narrow(pick, n, p)
  end
  local mangle = MANGLE[pick(#MANGLE)]
  p.edit = function(r, q) if r.flags > 0 then mangle(r, q) end end
  p.send = function() return pick() < fails and 105 or nil end
  local inner = path.new(p)
  n.probe = function(_, q, emit)
    return inner:probe(q, function(delay, reply)
      if pick() < loss then return end
      delay = delay + pick() * jitter
      if slow and pick(10) == 1 then delay = delay + pick() * 8000 end
      emit(delay, reply)
      if pick() < dup then emit(delay + pick() * 500, reply) end
    end)
  end
  return n
end

local PROTOCOLS = { "icmp", "udp", "tcp" }

---Options for a trace over a network.
function M.options(pick, n)
  local o = { dst = n.dst, protocol = PROTOCOLS[pick(3)], queries = pick(3), attempts = pick(3),
    window = pick(12), gap_limit = pick(3) == 1 and 0 or pick(7), max_ttl = 10 + pick(25),
    loop_limit = pick(2) - 1, timeout = 500 + pick(1500), first_ttl = pick(5) == 1 and 2 or 1,
    flow = pick(8) - 1, size = pick(3) == 1 and 1200 + pick(300) or 0 }
  o.multipath = ({ "paris", "paris", "classic" })[pick(3)]
  if n.open then o.protocol = "udp" end
  if o.protocol == "udp" and pick(4) == 1 then o.multipath = "dublin" end
  return o
end

return M
