-- SPDX-License-Identifier: MIT
--
-- The mathematics of a diamond and its description: when probes enough have been seen for MDA to
-- stop looking for more next hops of a node, and what the flows of a trace have found.

local M = {}

local tables = {}

--- Probes through a node with `known` next hops that would have shown one more, were there one.
---@param confidence number percent
---@param known integer
---@return integer
function M.enough(confidence, known)
  local row = tables[confidence] or {}
  tables[confidence] = row
  local k, n, p = known + 1, 0, { [0] = 1 }        -- p[j]: that n probes have shown j of k
  for j = 1, k do p[j] = 0 end
  while not row[known] do
    n = n + 1
    for j = k, 1, -1 do p[j] = (p[j] * j + p[j - 1] * (k - j + 1)) / k end
    p[0] = 0
    if p[k] >= confidence / 100 then row[known] = n end
  end
  return row[known]
end

--- The addresses at a TTL and the links to them, each once, in the order of flows.
---@param found table<integer, table<integer, string>> by TTL and flow: the address, "*" for silence
---@param flows integer those that were used
---@param ttl integer
---@param closed table<string, true> addresses that do not go on
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

return M
