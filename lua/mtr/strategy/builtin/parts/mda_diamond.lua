-- SPDX-License-Identifier: MIT
--
-- Calculations for the strategy mda: the nodes and links that the flows of a trace have found, how
-- many probes are enough to stop searching for more, and the diamonds of a result.

local each = require "mtr.base.each"

local M = {}

local tables = {}

--- Returns how many probes through a node are needed to be sure that it has no more than `known`
--- next hops.
---@param confidence number percent
---@param known integer
---@return integer
function M.enough(confidence, known)
  local row = tables[confidence] or {}
  tables[confidence] = row
  local k, n, p = known + 1, 0, { [0] = 1 }        -- p[j]: probability that n probes show j of k
  for j = 1, k do p[j] = 0 end
  while not row[known] do
    n = n + 1
    for j = k, 1, -1 do p[j] = (p[j] * j + p[j - 1] * (k - j + 1)) / k end
    p[0] = 0
    if p[k] >= confidence / 100 then row[known] = n end
  end
  return row[known]
end

--- Returns the nodes at ttl - 1 from which paths go on. For each: how many of its flows were probed
--- at ttl (`probed`), how many different nodes they found (`known`), and the flows not tried
--- (`fresh`).
---@param found table<integer, table<integer, string>> by TTL and flow: the address, "*" for silence
---@param flows integer number of flows used
---@param ttl integer
---@param closed table<string, true> addresses at ttl - 1 where paths end
---@return { fresh: integer[], seen: table<string, true>, known: integer, probed: integer }[]
function M.survey(found, flows, ttl, closed)
  local list, by, here = {}, {}, found[ttl]
  for flow = 0, flows - 1 do
    local addr = found[ttl - 1][flow]
    if addr and not closed[addr] then
      local node = by[addr]
      if not node then
        node = { fresh = {}, seen = {}, known = 0, probed = 0 }
        by[addr], list[#list + 1] = node, node
      end
      local to = here[flow]
      if not to then
        node.fresh[#node.fresh + 1] = flow
      else
        node.probed = node.probed + 1
        if not node.seen[to] then node.seen[to], node.known = true, node.known + 1 end
      end
    end
  end
  return list
end

--- Returns the addresses at one TTL; and the address, if there is only one.
---@param found table<integer, string> by flow
---@return table<string, true>
---@return string?
function M.nodes(found)
  local known, n, last = {}, 0, nil
  for _, addr in each(found) do
    if not known[addr] then known[addr], n, last = true, n + 1, addr end
  end
  return known, n == 1 and last or nil
end

--- Returns the addresses at a TTL and the links to them, each once, in the order of flows.
---@param found table<integer, table<integer, string>> by TTL and flow: the address, "*" for silence
---@param flows integer number of flows used
---@param ttl integer
---@param closed table<string, true> addresses at ttl - 1 where paths end
---@return { ttl: integer, nodes: string[], links: { from: string, to: string }[] }
function M.describe(found, flows, ttl, closed)
  local hop, known = { ttl = ttl, nodes = {}, links = {} }, {}
  for flow = 0, flows - 1 do
    local to, from = found[ttl][flow], found[ttl - 1][flow]
    local link = to and from and from .. " " .. to
    if to and not known[to] then known[to], hop.nodes[#hop.nodes + 1] = true, to end
    if link and not known[link] and not closed[from] then
      known[link], hop.links[#hop.links + 1] = true, { from = from, to = to }
    end
  end
  return hop
end

--- Returns the diamonds, where paths split and join again: hops with several nodes between two hops
--- with one node.
---@param hops table[] as describe() makes them
---@return { from: string, to: string, first: integer, width: integer, length: integer }[]
function M.diamonds(hops)
  local list, open = {}, nil
  for i, hop in ipairs(hops) do
    local width, before = #hop.nodes, hops[i - 1]
    if width > 1 and not open then
      open = { from = before and before.nodes[1] or "source", width = width, first = hop.ttl }
    elseif width > 1 then
      open.width = math.max(open.width, width)
    elseif open then
      open.to, open.length = hop.nodes[1], hop.ttl - open.first + 1
      list[#list + 1], open = open, nil
    end
  end
  return list
end

return M
