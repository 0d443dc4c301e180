-- SPDX-License-Identifier: MIT
--
-- MDA, the multipath detection algorithm (Augustin, Friedman and Teixeira, 2007). It sends so many
-- flows through each node that it misses one of the next hops with a probability below
-- 100 - `confidence` percent. It first uses flows that are known to pass the node; if these are too
-- few, it sends new flows to the TTL of the node to find more.
--
--     result.mda = { confidence =, flows =, hops = { { ttl =, nodes = { addr, ... },
--                    links = { { from = addr, to = addr }, ... } }, ... } }
--
-- A silent node is "*"; links lead from the TTL before to this TTL. It ends where no path goes on,
-- or when `flows` flows are used. Its result is wrong where routers balance packet by packet: there
-- the next packet of a flow may take another path.

---@class mtr.Strategies
---@field mda mtr.BuiltIn finds all paths through load balancers

local each = require "mtr.base.each"
local mda_diamond = require "mtr.strategy.builtin.parts.mda_diamond"

local M = { name = "mda", confidence = 95, flows = 512 }

M.defaults = { window = 32, max_probes = 20000 }

--- Returns the diamonds of result.mda.hops: where paths split and join again.
M.diamonds = mda_diamond.diamonds

-- Sends flows to a TTL, each until it is answered or was tried `attempts` times, and waits for all.
local function send(self, trace, ttl, flows)
  local at = self.at[ttl]
  for _ = 1, trace.options.attempts do
    for _, flow in ipairs(flows) do trace:send { ttl = ttl, flow = flow } end
    flows = {}
    local what = trace:wait()
    while what do
      at[what.flow] = what.addr or "*"
      if what.timeout then flows[#flows + 1] = what.flow end
      if what.final or what.unreach then self.closed[ttl][what.addr] = true end
      if what.final then self.reason = "completed" end
      if what.unreach then self.reason, self.code = self.reason or "unreach", what.icmp_code end
      what = trace:wait()
    end
  end
end

-- Sends new flows to a TTL. A flow that finds a new node there is probed at lower TTLs too, down to
-- one that all flows pass, to find its path.
local function search(self, trace, ttl, flows)
  local known = mda_diamond.nodes(self.at[ttl])
  send(self, trace, ttl, flows)
  local back = {}
  for _, flow in ipairs(flows) do
    if not known[self.at[ttl][flow]] then back[#back + 1] = flow end
  end
  for before = ttl - 1, trace.options.first_ttl, -1 do
    if #back == 0 then return end
    local _, only = mda_diamond.nodes(self.at[before])
    if only then
      for _, flow in ipairs(back) do self.at[before][flow] = only end
      return
    end
    send(self, trace, before, back)
  end
end

-- Sends one round of probes for the next hops at ttl; returns false when enough of them is known.
local function explore(self, trace, ttl)
  local go, lack = {}, 0
  for _, node in ipairs(mda_diamond.survey(self.at, self.used, ttl, self.closed[ttl - 1])) do
    local missing = mda_diamond.enough(self.confidence, math.max(node.known, 1)) - node.probed
    for i = 1, math.min(missing, #node.fresh) do go[#go + 1] = node.fresh[i] end
    lack = lack + math.max(0, missing - #node.fresh)
  end
  if #go > 0 then
    send(self, trace, ttl, go)
    return true
  end
  local new, first = {}, ttl == trace.options.first_ttl
  while #new < lack and self.used < self.flows do
    new[#new + 1], self.used = self.used, self.used + 1
    if first then self.at[ttl - 1][self.used - 1] = "source" end
  end
  if #new > 0 and not first then search(self, trace, ttl - 1, new) end
  return #new > 0
end

function M:run(trace)
  local o, gap = trace.options, 0
  local before = o.first_ttl - 1
  self.at, self.closed, self.used = { [before] = { [0] = "source" } }, { [before] = {} }, 1
  for ttl = o.first_ttl, o.max_ttl do
    self.at[ttl], self.closed[ttl] = {}, {}
    while explore(self, trace, ttl) do end  -- luacheck: ignore 542
    local silent, over = true, true
    for _, addr in each(self.at[ttl]) do
      silent = silent and addr == "*"
      over = over and self.closed[ttl][addr] == true
    end
    if over then return self.reason, self.code, ttl end
    gap = silent and gap + 1 or 0
    if o.gap_limit > 0 and gap >= o.gap_limit then return self.reason or "gaplimit", 0, ttl end
  end
  return self.reason or "hoplimit", 0, o.max_ttl
end

function M:done(trace)
  if not trace.result then return end
  local hops, ttl = {}, trace.options.first_ttl
  while self.at[ttl] and next(self.at[ttl]) do
    hops[#hops + 1] = mda_diamond.describe(self.at, self.used, ttl, self.closed[ttl - 1])
    ttl = ttl + 1
  end
  trace.result.mda = { confidence = self.confidence, flows = self.used, hops = hops }
end

return M
