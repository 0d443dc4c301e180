-- SPDX-License-Identifier: MIT
--
-- One simulated internet with eight vantage points, for a fleet: long chains of routers lead from a
-- vantage point to the core, from there to regions, and from these to edges with their targets.
--
--   mtrlua --sim FILE ...   where FILE is: return dofile("spec/perf/loads/vantage.lua")(SOURCE)
--
-- Called with the name of a vantage point (v1 to v8) it returns the network as seen from there;
-- with "targets" the list of all targets. The second argument is the number of edges (400), each
-- with one target.
local REGIONS, CORE = 20, 6

local count = 0

-- The next address for a router.
local function router()
  count = count + 1
  return ("10.%d.%d.%d"):format(64 + math.floor(count / 62500), math.floor(count / 250) % 250,
    count % 250 + 1)
end

return function(source, edges)
  local nodes, links, targets = {}, {}, {}
  count = 0
  -- Adds a chain of `n` new routers between two nodes.
  local function chain(from, to, n, name)
    local link = { from, delay = "1ms" }
    for i = 1, n do
      local node = name .. "_" .. i
      nodes[node] = router()
      link[#link + 1] = node
    end
    link[#link + 1] = to
    links[#links + 1] = link
  end
  for c = 1, CORE do nodes["c" .. c] = router() end
  for c = 1, CORE do
    for d = c + 1, CORE do links[#links + 1] = { "c" .. c, "c" .. d, delay = "5ms" } end
  end
  for v = 1, 8 do
    nodes["v" .. v] = ("198.51.100.%d"):format(v)
    chain("v" .. v, "c" .. (v % CORE + 1), 4, "a" .. v)
  end
  for r = 1, REGIONS do
    nodes["r" .. r] = router()
    chain("c" .. (r % CORE + 1), "r" .. r, 3, "b" .. r)
  end
  for e = 1, edges or 400 do
    local target = ("20.%d.%d.9"):format(math.floor(e / 250), e % 250)
    nodes["t" .. e] = { target }
    targets[e] = target
    chain("r" .. (e % REGIONS + 1), "t" .. e, 4, "e" .. e)
  end
  if source == "targets" then return targets end
  return { source = source, nodes = nodes, links = links }
end
